"""The activities of a render in segments. Each may run again after a crash and end the same."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from time import monotonic

from obstore.store import ObjectStore
from temporalio import activity

from activities.failures import as_application_errors
from activities.heartbeats import Progress, heartbeats
from activities.metrics import Phase, RenderMetrics
from activities.renders.delivery import Delivery, FreshRender, result_of
from activities.renders.job_log import collect_logs_of_segments, job_log
from activities.renders.render import RenderActivities
from activities.scratch import Scratch
from activities.secret_references import SecretReferences
from reelbatch.engines.pool import RenderPool
from reelbatch.models.errors import SegmentsUnusable
from reelbatch.models.orchestration.jobs import RenderResult
from reelbatch.models.orchestration.segments import JoinTask, Segment, SegmentsOfJob, SegmentTask
from reelbatch.storage import keys
from reelbatch.storage.files import download, upload
from reelbatch.storage.listing import delete_folder
from workflows.activity_names import CLEAR_SEGMENTS, JOIN_SEGMENTS, RENDER_SEGMENT


class SegmentActivities:
    """Those of one engine's queue. What a job needs is prepared by `renders`."""

    def __init__(
        self,
        renders: RenderActivities,
        store: ObjectStore,
        pool: RenderPool,
        references: SecretReferences,
        delivery: Delivery,
        scratch: Scratch,
        metrics: RenderMetrics,
    ) -> None:
        self._renders = renders
        self._store = store
        self._pool = pool
        self._references = references
        self._delivery = delivery
        self._scratch = scratch
        self._metrics = metrics

    @activity.defn(name=RENDER_SEGMENT)
    async def render_segment(self, task: SegmentTask) -> Segment:
        """Render the pictures of some of the output's frames, for `join_segments`."""
        started_at = datetime.now(UTC)
        progress = Progress()
        secrets = self._references.of(task.team)
        with (
            self._metrics.attempt(task),
            as_application_errors(secrets),
            self._scratch.work_dir() as folder,
        ):
            async with job_log(self._store, task, secrets) as log, heartbeats(progress):
                with self._metrics.phase(Phase.DOWNLOAD):
                    request = await self._renders.prepare(task, folder, secrets, log)
                log.note_assets(task.assets, request.assets)
                rendering_started = monotonic()
                with self._metrics.phase(Phase.RENDER):
                    rendered = await self._pool.render(
                        replace(request, sound=False), log.watching(progress.set)
                    )
                render_duration = monotonic() - rendering_started
                file = request.output_path
                self._metrics.note_render(task, rendered, render_duration, file.stat().st_size)
                log.note_rendered(rendered, file, render_duration)
                with self._metrics.phase(Phase.UPLOAD):
                    await upload(self._store, _segment_key(task, task.number), file)
        return Segment(
            frames=rendered.frames, render_duration=render_duration, started_at=started_at
        )

    @activity.defn(name=JOIN_SEGMENTS)
    async def join_segments(self, task: JoinTask) -> RenderResult:
        """Join what the segments have rendered, add the sound and upload the file.

        Fails with SegmentsUnusable where they do not make the output, and no retry would help.
        """
        progress = Progress()
        secrets = self._references.of(task.team)
        await collect_logs_of_segments(self._store, task.team, task.id)
        with as_application_errors(secrets), self._scratch.work_dir() as folder:
            async with job_log(self._store, task, secrets) as log, heartbeats(progress):
                request = await self._renders.prepare(task, folder, secrets, log)
                files = await self._fetch(task, folder)
                joining_started = monotonic()
                rate = Fraction(task.frame_rate)
                rendered = await self._pool.join(request, files, rate, progress.set)
                join_duration = monotonic() - joining_started
                if rendered.frames != sum(segment.frames for segment in task.segments):
                    raise SegmentsUnusable("The segments have lost frames.")
                log.note_rendered(rendered, request.output_path, join_duration)
                joined = FreshRender(
                    size=request.output_path.stat().st_size,
                    width=rendered.width,
                    height=rendered.height,
                    frames=rendered.frames,
                    seconds=join_duration + sum(part.render_duration for part in task.segments),
                    file=request.output_path,
                )
                joined = await self._renders.kept(task, request, joined)
                await self._delivery.deliver(task, joined, folder, secrets)
        return result_of(task, joined, min(segment.started_at for segment in task.segments))

    async def _fetch(self, task: JoinTask, folder: Path) -> list[Path]:
        files: list[Path] = []
        for number in range(len(task.segments)):
            files.append(folder / f"segment-{number:05d}.{task.output.extension}")
            try:
                await download(self._store, _segment_key(task, number), files[-1])
            except FileNotFoundError as error:
                raise SegmentsUnusable(f"The segment {number} is gone.") from error
        return files


class SegmentStoreActivities:
    """What needs the object store alone."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @activity.defn(name=CLEAR_SEGMENTS)
    async def clear_segments(self, job: SegmentsOfJob) -> None:
        """Remove the segments; what they logged goes into the job's log."""
        await collect_logs_of_segments(self._store, job.team, job.job_id)
        await delete_folder(self._store, keys.segments_of_job(job.team, job.job_id))


def _segment_key(task: SegmentTask | JoinTask, number: int) -> str:
    return keys.segment(task.team, task.id, number, task.output.extension)
