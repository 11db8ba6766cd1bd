"""The activities of a render in segments. All are idempotent: they can run again after a crash."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path
from time import monotonic

from obstore.store import ObjectStore
from temporalio import activity

from activities.metrics import Phase
from activities.renders.attempt import Attempt, Attempts
from activities.renders.cache import RenderCache
from activities.renders.delivery import FreshRender, ReusedRender, result_of
from activities.renders.job_log import collect_logs_of_segments
from reelbatch.models.errors import SegmentsUnusable
from reelbatch.models.orchestration.jobs import RenderProgress, RenderResult, RenderTask
from reelbatch.models.orchestration.segments import (
    EqualRender,
    JoinTask,
    Segment,
    SegmentsOfJob,
    SegmentTask,
)
from reelbatch.models.wire.warnings import MAX_GLYPHS, WarningCode, bounded
from reelbatch.storage import keys
from reelbatch.storage.cached_renders import RenderGone
from reelbatch.storage.files import download, upload
from reelbatch.storage.listing import delete_folder
from workflows.activity_names import (
    CLEAR_SEGMENTS,
    FIND_EQUAL_RENDER,
    JOIN_SEGMENTS,
    RENDER_SEGMENT,
)


class SegmentActivities:
    """The segments of one engine's queue."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts
        self._store = attempts.store
        self._renders = attempts.renders

    @activity.defn(name=FIND_EQUAL_RENDER)
    async def find_equal_render(self, job: RenderTask) -> EqualRender:
        """Deliver an equal job's render if one is stored, before the segments are rendered."""
        if self._renders is None:
            return EqualRender()
        async with self._attempts.begin(job) as attempt:
            found = await self._deliver_equal(attempt, self._renders)
            if found is None:
                attempt.log.discard()
                return EqualRender()
        return EqualRender(result=result_of(job, found, attempt.started_at))

    @activity.defn(name=RENDER_SEGMENT)
    async def render_segment(self, task: SegmentTask) -> Segment | RenderProgress:
        """Render some of the output's frames, without sound, for `join_segments`."""
        return await self._attempts.run(task, partial(self._render, task))

    async def _render(self, task: SegmentTask, attempt: Attempt) -> Segment:
        fresh = await attempt.render()
        with self._attempts.metrics.phase(Phase.UPLOAD):
            await upload(self._store, _segment_key(task, task.number), fresh.file)
        return Segment(
            frames=fresh.frames,
            render_duration=fresh.seconds,
            started_at=attempt.started_at,
            missing_glyphs=fresh.missing_glyphs,
            warnings=list(fresh.warnings),
        )

    @activity.defn(name=JOIN_SEGMENTS)
    async def join_segments(self, task: JoinTask) -> RenderResult:
        """Join the rendered segments, add the sound, and upload the file.

        Fails with SegmentsUnusable if they do not make up the output and no retry would help.
        """
        await collect_logs_of_segments(self._store, task.team, task.id)
        async with self._attempts.begin(task) as attempt:
            joined = await self._join(task, attempt)
            if self._renders is not None:
                key = await self._renders.key_of(attempt.request)
                joined = await self._renders.save(task.team, key, task.id, joined)
            await attempt.deliver(joined)
        return result_of(task, joined, min(segment.started_at for segment in task.segments))

    async def _deliver_equal(self, attempt: Attempt, renders: RenderCache) -> ReusedRender | None:
        team = attempt.job.team
        key = await renders.key_of(attempt.request)
        found = await renders.find(team, key)
        if found is None:
            return None
        try:
            await attempt.deliver(found)
        except RenderGone:
            await renders.forget(team, key)
            return None
        attempt.log.note_reuse(found)
        return found

    async def _join(self, task: JoinTask, attempt: Attempt) -> FreshRender:
        _check_expressions(task.segments)
        files = await self._fetch(task, attempt.folder)
        started = monotonic()
        rendered = await self._attempts.pool.join(
            attempt.request, files, Fraction(task.frame_rate), attempt.progress.set
        )
        seconds = monotonic() - started
        if rendered.frames != sum(segment.frames for segment in task.segments):
            raise SegmentsUnusable("The segments have lost frames.")
        joined = FreshRender.of(rendered, attempt.request, seconds)
        attempt.log.note_rendered(joined)
        rendering = sum(segment.render_duration for segment in task.segments)
        warnings = bounded(each for segment in task.segments for each in segment.warnings)
        return replace(
            joined,
            seconds=seconds + rendering,
            missing_glyphs=_missing_glyphs(task.segments),
            warnings=warnings,
        )

    async def _fetch(self, task: JoinTask, folder: Path) -> list[Path]:
        files: list[Path] = []
        for number in range(len(task.segments)):
            files.append(folder / f"segment-{number:05d}.{task.output.extension}")
            try:
                await download(self._store, _segment_key(task, number), files[-1])
            except FileNotFoundError as error:
                raise SegmentsUnusable(f"Segment {number} no longer exists.") from error
        return files


def _check_expressions(segments: Sequence[Segment]) -> None:
    """Raise SegmentsUnusable if only some segments were drawn without expressions.

    A whole render draws all frames alike.
    """
    stopped = [
        any(each.code == WarningCode.EXPRESSIONS_STOPPED for each in segment.warnings)
        for segment in segments
    ]
    if any(stopped) and not all(stopped):
        raise SegmentsUnusable("Some segments had to be drawn without expressions.")


def _missing_glyphs(segments: Sequence[Segment]) -> list[str] | None:
    """The missing glyphs of all segments, whose texts may differ. None: not checked."""
    found = [each.missing_glyphs for each in segments if each.missing_glyphs is not None]
    return list(dict.fromkeys(chain.from_iterable(found)))[:MAX_GLYPHS] if found else None


class SegmentStoreActivities:
    """The activities that need only the object store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @activity.defn(name=CLEAR_SEGMENTS)
    async def clear_segments(self, job: SegmentsOfJob) -> None:
        """Remove the segments, and append their logs to the job's log."""
        await collect_logs_of_segments(self._store, job.team, job.job_id)
        await delete_folder(self._store, keys.segments_of_job(job.team, job.job_id))


def _segment_key(task: SegmentTask | JoinTask, number: int) -> str:
    return keys.segment(task.team, task.id, number, task.output.extension)
