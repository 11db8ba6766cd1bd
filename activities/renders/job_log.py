"""The log of a job: the course of each attempt to render it, for the job's sender."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache

import structlog
from obstore.exceptions import BaseError as ObjectStoreError
from obstore.store import ObjectStore
from temporalio import activity

from activities.heartbeats import is_put_off
from activities.renders.delivery import FreshRender, RenderFacts, ReusedRender
from activities.secret_references import ResolvedSecrets
from reelbatch.engines.base import ReportProgress, ResolvedAsset
from reelbatch.engines.registry import EngineUnavailable, load_engine
from reelbatch.models.errors import ReelbatchError
from reelbatch.models.orchestration.jobs import RenderJob, shortcomings_of
from reelbatch.models.orchestration.segments import JoinTask, SegmentTask
from reelbatch.models.wire.assets import Asset, MediaAsset, NestedJobAsset, StaticAsset
from reelbatch.models.wire.base import rfc3339
from reelbatch.models.wire.urls import redacted_url
from reelbatch.models.wire.warnings import RenderWarning, glyph_warnings
from reelbatch.storage.logs import append_log, append_segment_log, collect_segment_logs

_log = structlog.get_logger("worker")

_STEP = 10  # percent between two lines of progress
_MAX_LINE_LENGTH = 2000  # characters


class JobLog:
    """The lines of one attempt."""

    def __init__(self, secrets: ResolvedSecrets) -> None:
        self._secrets = secrets
        self._next_step = 0
        self._noted: set[str] = set()
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        """Add a line with the time. Values of secrets are replaced by references again."""
        line = " ".join(self._secrets.redact(text).split())
        self.lines.append(f"{rfc3339(datetime.now(UTC))} {line[:_MAX_LINE_LENGTH]}")

    def discard(self) -> None:
        """Drop all lines, because nothing worth reading has happened."""
        self.lines.clear()

    def note_assets(self, assets: Sequence[Asset], resolved: Sequence[ResolvedAsset]) -> None:
        """Note the size of each asset's file; `resolved` are the same assets with their files."""
        for asset, found in zip(assets, resolved, strict=True):
            source = found.asset if isinstance(asset, NestedJobAsset) else asset
            if found.file is not None and isinstance(source, (MediaAsset, StaticAsset)):
                size = found.file.stat().st_size
                self.note(f"ASSET: {asset.type} {redacted_url(source.src)} ({size} bytes)")

    def note_template(self, job: RenderJob) -> None:
        """Note the findings in a template from a URL."""
        self.note(f"FOUND: composition {job.composition}")
        self.note_warnings(shortcomings_of(job)["warnings"])

    def note_reuse(self, render: ReusedRender) -> None:
        self.note(
            f"REUSED: the render of job {render.reused_from}, {render.width} x {render.height} "
            f"pixels, {_frames(render)}, {render.size} bytes"
        )
        self._note_flaws(render)

    def _note_flaws(self, render: RenderFacts) -> None:
        self.note_warnings([*glyph_warnings(render.missing_glyphs or ()), *render.warnings])

    def note_warnings(self, warnings: Iterable[RenderWarning]) -> None:
        """Note each message once."""
        for message in (warning.message for warning in warnings):
            if message not in self._noted:
                self._noted.add(message)
                self.note(f"NOTE: {message}")

    def note_rendered(self, render: FreshRender) -> None:
        self.note_progress(100.0)
        self._note_flaws(render)
        by = f" by {render.drawn_by}" if render.drawn_by else ""
        self.note(
            f"RENDERED: {render.width} x {render.height} pixels, "
            f"{_frames(render)}, {render.size} bytes in {render.seconds:.2f} seconds{by}"
        )

    def watching(self, report: ReportProgress) -> ReportProgress:
        """Pass progress on, and note it."""

        def watch(percent: float) -> None:
            report(percent)
            self.note_progress(percent)

        return watch

    def note_progress(self, percent: float) -> None:
        """Note each tenth once; a quick render skips some."""
        if percent >= self._next_step:
            reached = int(percent // _STEP) * _STEP
            self.note(f"PROGRESS: {reached}%")
            self._next_step = reached + _STEP


@asynccontextmanager
async def job_log(
    store: ObjectStore, job: RenderJob, secrets: ResolvedSecrets
) -> AsyncGenerator[JobLog]:
    """Write the job's log, however the attempt inside ends."""
    log = JobLog(secrets)
    log.note(f"ATTEMPT: {activity.info().attempt} on {os.getpid()}@{socket.gethostname()}")
    log.note(f"ENGINE: {_engine_and_version(job.engine)}")
    if job.template_id is None:
        log.note(f"JOIN: {job.title}")
    else:
        template = f"{job.template_name} ({job.template_id})"
        log.note(f"TEMPLATE: {template}, composition {job.composition or 'the first'}")
    log.note(f"OUTPUT: {job.output.codec}{_part_of_output(job)}")
    log.note_warnings(shortcomings_of(job)["warnings"])
    try:
        yield log
    except asyncio.CancelledError:
        log.note("LATER: moved to the queue" if is_put_off() else "CANCELLED")
        raise
    except ReelbatchError as error:
        log.note(f"ERROR: {error.error_code} {error.message}")
        raise
    except Exception as error:
        log.note(f"ERROR: {type(error).__name__} {error}")
        raise
    finally:
        if log.lines:
            await _write(store, job, log)


def _frames(render: RenderFacts) -> str:
    return "1 frame" if render.frames == 1 else f"{render.frames} frames"


def _part_of_output(job: RenderJob) -> str:
    if isinstance(job, SegmentTask):
        last = (job.output.end_frame or 0) - 1
        frames = f"frames {job.output.first_frame}-{last}"
        return f", segment {job.number + 1} of {job.segments}: {frames}"
    return f", {len(job.segments)} segments joined" if isinstance(job, JoinTask) else ""


async def collect_logs_of_segments(store: ObjectStore, team: str, job_id: str) -> None:
    """Append the logs of a job's segments to its own log, once no segment is being rendered."""
    try:
        await collect_segment_logs(store, team, job_id)
    except (ObjectStoreError, OSError) as error:
        _note_unwritten(job_id, error)


async def _write(store: ObjectStore, job: RenderJob, log: JobLog) -> None:
    """Write the log. If that fails, the render goes on without it."""
    try:
        if isinstance(job, SegmentTask):
            await append_segment_log(store, job.team, job.id, job.number, log.lines)
        else:
            await append_log(store, job.team, job.id, log.lines)
    except (ObjectStoreError, OSError) as error:
        _note_unwritten(job.id, error)


def _note_unwritten(job_id: str, error: Exception) -> None:
    _log.warning("a job's log could not be written", job=job_id, reason=str(error))


@cache
def _engine_and_version(name: str) -> str:
    try:
        return f"{name} {load_engine(name).version}"
    except EngineUnavailable:
        return name
