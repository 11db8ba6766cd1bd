"""The activities that render a job as a whole."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from cachetools import LRUCache
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.renders.attempt import Attempt, Attempts
from activities.renders.delivery import FinishedRender, ReusedRender, result_of
from activities.renders.slots import RenderSlots
from reelbatch.models.orchestration.jobs import RenderProgress, RenderResult, RenderTask
from reelbatch.storage.cached_renders import RenderGone
from workflows.activity_names import RENDER, RENDER_LOCALLY

_LONGEST_LOCAL = 2.0  # seconds; a cancellation of the job arrives only after it
_MAX_SLOW = 1000  # compositions
_TRIES = 3  # in succession; the first ones may have waited for their process to start
_SLOW_FOR = 120.0  # seconds until the composition is tried again


class RenderActivities:
    """The renders of one engine's queue. They are idempotent: they can run again after a crash."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    @activity.defn(name=RENDER)
    async def render(self, job: RenderTask) -> RenderResult | RenderProgress:
        """Download what the job needs, render it in a child process and upload the file."""
        return await self._attempts.run(job, self._render)

    async def _render(self, attempt: Attempt) -> RenderResult:
        return result_of(attempt.job, await self._deliver(attempt), attempt.started_at)

    async def _deliver(self, attempt: Attempt) -> FinishedRender:
        """Deliver an equal job's render if there is one that does not vanish, or else a new one."""
        job, renders = attempt.job, self._attempts.renders
        if renders is None:
            fresh = await attempt.render()
            await attempt.deliver(fresh)
            return fresh
        key = await renders.key_of(attempt.request)
        while True:
            found = await renders.share(
                job.team, key, job.id, attempt.render, waiting=attempt.progress.waiting
            )
            if isinstance(found, ReusedRender):
                attempt.log.note_reuse(found)
            try:
                await attempt.deliver(found)
            except RenderGone:
                await renders.forget(job.team, key)
            else:
                return found


@dataclass(frozen=True)
class ServedEngine:
    """An engine that this worker serves."""

    renders: RenderActivities
    slots: RenderSlots


@dataclass
class _Late:
    """The renders of a composition that were stopped here since the last one that finished."""

    times: int = 0
    last: float = 0.0


_Drawn = tuple[str, str | None, str]


class LocalRenders:
    """Renders small jobs on the worker that runs their workflows, if a process is free."""

    def __init__(self, engines: Mapping[str, ServedEngine]) -> None:
        self._engines = engines
        self._late: LRUCache[_Drawn, _Late] = LRUCache(_MAX_SLOW)

    @activity.defn(name=RENDER_LOCALLY)
    async def render_locally(self, job: RenderTask) -> RenderResult | RenderProgress | None:
        """Render the job. None: it must go to its engine's queue, which has retries."""
        engine = self._engines.get(job.engine)
        if engine is None or self._is_slow(job):
            return None
        async with engine.slots.local_turn(job.team) as has_turn:
            return await self._render(engine.renders, job) if has_turn else None

    async def _render(
        self, renders: RenderActivities, job: RenderTask
    ) -> RenderResult | RenderProgress | None:
        try:
            async with asyncio.timeout(_LONGEST_LOCAL):
                result = await renders.render(job)
        except TimeoutError:
            self._note_late(job)
        except ApplicationError as error:
            if error.non_retryable:
                raise
        else:
            self._late.pop(_drawn(job), None)
            return result
        return None

    def _is_slow(self, job: RenderTask) -> bool:
        late = self._late.get(_drawn(job))
        return late is not None and late.times >= _TRIES and monotonic() < late.last + _SLOW_FOR

    def _note_late(self, job: RenderTask) -> None:
        late = self._late.setdefault(_drawn(job), _Late())
        late.times, late.last = late.times + 1, monotonic()


def _drawn(job: RenderTask) -> _Drawn:
    return job.engine, job.template_source, job.composition
