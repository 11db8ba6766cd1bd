"""Equal jobs of a team share one render, even while it is still running."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
from obstore.exceptions import BaseError as ObjectStoreError
from obstore.store import ObjectStore
from temporalio import activity

from activities.heartbeats import HEARTBEAT_INTERVAL
from activities.renders.cache_key import render_key
from activities.renders.delivery import FinishedRender, FreshRender, ReusedRender
from activities.renders.lease import LEASE_TIME, Lease
from activities.renders.slots import RenderSlots
from reelbatch.engines.base import RenderRequest
from reelbatch.models.stored.renders import StoredRender
from reelbatch.storage.cached_renders import (
    find_render,
    forget_render,
    record_render,
    store_render_file,
)

log = structlog.get_logger("worker")

METRIC = "reelbatch_render_cache_requests"
# If a whole batch is cancelled, the waiting jobs are cancelled within a heartbeat too. None of them
# should begin to render before that.
_HANDOVER_TIME = 2 * HEARTBEAT_INTERVAL
_POLL_INTERVAL = 0.5  # seconds between two checks of another worker's render

Render = Callable[[], Awaitable[FreshRender]]
Waiting = Callable[[], AbstractContextManager[None]]


class RenderCache:
    """The renders of one engine's queue, by digests of their inputs, separate for each team.

    The first job with a key renders. Equal jobs on this worker wait and share its outcome, even a
    failure: equal inputs fail alike, and failing one after the other would take longer than without
    a cache. If the first job is cancelled, the next one renders. Other workers wait only for the
    file. Failures are not stored.
    """

    def __init__(
        self,
        store: ObjectStore,
        *,
        slots: RenderSlots,
        fingerprint: str,
        lease_seconds: float = LEASE_TIME,
    ) -> None:
        """`fingerprint` is the engine's. Jobs that wait or store a file lend their `slots`."""
        self._store = store
        self._slots = slots
        self._fingerprint = fingerprint
        self._lease_seconds = lease_seconds
        self._running: dict[tuple[str, str], asyncio.Future[StoredRender | None]] = {}

    async def key_of(self, request: RenderRequest) -> str:
        """The key of a request, equal for requests that produce the same file."""
        return await asyncio.to_thread(render_key, request, self._fingerprint)

    async def share(
        self,
        team: str,
        key: str,
        job_id: str,
        render: Render,
        *,
        waiting: Waiting = nullcontext,
    ) -> FinishedRender:
        """Render the job, or wait for an equal job's render inside the context `waiting`.

        Raises the errors of `render`.
        """
        found = await self._share(team, key, job_id, render, waiting)
        _count(is_hit=found.reused_from is not None)
        return found

    async def find(self, team: str, key: str) -> ReusedRender | None:
        """Find an equal job's stored render, before this job is rendered in segments."""
        found = await self._find(team, key)
        if found is not None:
            _count(is_hit=True)
        return found

    async def save(self, team: str, key: str, job_id: str, fresh: FreshRender) -> FreshRender:
        """Store an output that was joined from segments, so that equal jobs find it."""
        _count(is_hit=False)
        return replace(fresh, stored=await self._save(team, key, job_id, fresh))

    async def forget(self, team: str, key: str) -> None:
        """Remove the record of a render whose file is gone."""
        await forget_render(self._store, team, key)

    async def _share(
        self, team: str, key: str, job_id: str, render: Render, waiting: Waiting
    ) -> FinishedRender:
        while (running := self._running.get((team, key))) is not None:
            with self._slots.lent(), waiting():
                stored = await asyncio.shield(running)
                if stored is None:
                    await asyncio.sleep(_HANDOVER_TIME)
            if stored is not None:
                return ReusedRender.of(stored)
        running = self._running[team, key] = asyncio.get_running_loop().create_future()
        try:
            found = await self._find_or_render(team, key, job_id, render, waiting)
            running.set_result(found.stored)
        except Exception as error:
            running.set_exception(error)
            running.exception()  # nobody may wait for it
            raise
        finally:
            del self._running[team, key]
            if not running.done():  # cancelled
                running.set_result(None)
        return found

    async def _find_or_render(
        self, team: str, key: str, job_id: str, render: Render, waiting: Waiting
    ) -> FinishedRender:
        if (found := await self._find(team, key)) is not None:
            return found
        lease = Lease(self._store, team=team, key=key, job_id=job_id, seconds=self._lease_seconds)
        while not await lease.take():
            with self._slots.lent(), waiting():
                await asyncio.sleep(_POLL_INTERVAL)
            if (found := await self._find(team, key)) is not None:
                return found
        async with lease.held():
            found = await self._find(team, key)  # from the previous holder of the lease
            if found is not None:
                return found
            fresh = await render()
            with self._slots.lent():
                return replace(fresh, stored=await self._save(team, key, job_id, fresh))

    async def _find(self, team: str, key: str) -> ReusedRender | None:
        try:
            stored = await find_render(self._store, team, key)
        except (ObjectStoreError, OSError) as error:
            log.warning("a stored render could not be looked up", reason=str(error))
            return None
        return None if stored is None else ReusedRender.of(stored)

    async def _save(
        self, team: str, key: str, job_id: str, fresh: FreshRender
    ) -> StoredRender | None:
        """Store the render. If that fails, the job goes on without it."""

        async def put(file: Path) -> str:
            return await store_render_file(self._store, team, key, file)

        try:
            stored = StoredRender(
                file_key=await put(fresh.file),
                poster_key=await put(fresh.poster) if fresh.poster else None,
                job_id=job_id,
                size=fresh.size,
                width=fresh.width,
                height=fresh.height,
                frames=fresh.frames,
                missing_glyphs=fresh.missing_glyphs,
                warnings=list(fresh.warnings),
                rendered_at=datetime.now(UTC),
            )
            await record_render(self._store, team, key, stored)
        except (ObjectStoreError, OSError) as error:
            log.warning("a render could not be stored", job=job_id, reason=str(error))
            return None
        return stored


def _count(*, is_hit: bool) -> None:
    meter = activity.metric_meter().with_additional_attributes(
        {"outcome": "hit" if is_hit else "miss"}
    )
    meter.create_counter(METRIC, "Renders that jobs asked for, by outcome: hit or miss.").add(1)
