"""The common part of all attempts at jobs: preparation, log, heartbeats, metrics and failures."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TypeVar

from obstore.store import ObjectStore
from temporalio import activity

from activities.failures import as_application_errors
from activities.heartbeats import Progress, heartbeats, is_cancelled_by_request
from activities.metrics import Phase, RenderMetrics
from activities.renders.cache import RenderCache
from activities.renders.delivery import Delivery, FinishedRender, FreshRender
from activities.renders.job_log import JobLog, job_log
from activities.renders.preparation import Preparation
from activities.scratch import Scratch
from activities.secret_references import ResolvedSecrets, SecretReferences
from reelbatch.engines.base import RenderRequest
from reelbatch.engines.pool import RenderPool
from reelbatch.models.orchestration.jobs import RenderProgress, RenderTask
from reelbatch.models.wire.warnings import RenderWarning

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """Makes the attempts of one engine's queue, which share these parts."""

    store: ObjectStore
    pool: RenderPool
    preparation: Preparation
    references: SecretReferences
    delivery: Delivery
    scratch: Scratch
    metrics: RenderMetrics
    renders: RenderCache | None  # None: equal jobs are each rendered
    at_once: bool = False  # True: use a process for inspections if all others are busy

    async def run(
        self, job: RenderTask, work: Callable[["Attempt"], Awaitable[T]]
    ) -> T | RenderProgress:
        """Do the `work` of a render, and return its result, or its progress if it is cancelled.

        Raises ApplicationError.
        """
        progress = Progress()
        try:
            with self.metrics.attempt(job):
                async with self.begin(job, progress) as attempt:
                    return await work(attempt)
        except asyncio.CancelledError:
            if progress.waits or not is_cancelled_by_request():
                raise
            return progress.so_far()

    @asynccontextmanager
    async def begin(
        self, job: RenderTask, progress: Progress | None = None
    ) -> AsyncGenerator["Attempt"]:
        """Prepare the job's files, which are removed at the end, and write the job's log.

        Failures inside are raised as ApplicationError.
        """
        progress = progress or Progress()
        secrets = self.references.of(job.team)
        with (
            as_application_errors(secrets, progress.so_far),
            self.scratch.work_dir() as folder,
        ):
            async with job_log(self.store, job, secrets) as log, heartbeats(progress):
                with self.metrics.phase(Phase.DOWNLOAD):
                    job = await self.preparation.with_template(job, folder, secrets, log)
                    request = await self.preparation.request_for(job, folder, secrets)
                log.note_assets(job.assets, request.assets)
                yield Attempt(
                    job=job,
                    request=request,
                    folder=folder,
                    started_at=activity.info().started_time,
                    progress=progress,
                    log=log,
                    secrets=secrets,
                    attempts=self,
                )


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt at a job whose files are in place."""

    job: RenderTask
    request: RenderRequest
    folder: Path  # contains the job's files, and the engine's own folder
    started_at: datetime
    progress: Progress
    log: JobLog
    secrets: ResolvedSecrets
    attempts: Attempts

    async def render(self) -> FreshRender:
        """Render the job in a child process. Raises RenderError."""
        metrics = self.attempts.metrics
        started = monotonic()
        with metrics.phase(Phase.RENDER):
            watched = self.log.watching(self.progress.set)
            rendered = await self.attempts.pool.render(
                self.request, watched, at_once=self.attempts.at_once
            )
        rendered = replace(rendered, warnings=[*map(self._without_secrets, rendered.warnings)])
        fresh = FreshRender.of(rendered, self.request, seconds=monotonic() - started)
        metrics.note_render(self.job, frames=fresh.frames, seconds=fresh.seconds, size=fresh.size)
        self.log.note_rendered(fresh)
        return fresh

    async def deliver(self, render: FinishedRender) -> None:
        """Deliver the render. Raises RenderGone, UploadFailed or UploadInterrupted."""
        with self.attempts.metrics.phase(Phase.UPLOAD):
            await self.attempts.delivery.deliver(
                self.job, render, self.request.work_dir, self.secrets
            )

    def _without_secrets(self, warning: RenderWarning) -> RenderWarning:
        return warning.model_copy(update={"message": self.secrets.redact(warning.message)})
