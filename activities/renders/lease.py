"""A lease in the object store, by which one of several workers renders and the others wait for it.

A lease only saves renders. If it fails, for example because clocks differ by more than its time,
two workers render the same, and either file will do.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic

import structlog
from obstore.exceptions import BaseError as ObjectStoreError
from obstore.store import ObjectStore
from pydantic import ValidationError

from reelbatch.models.stored.renders import RenderLease
from reelbatch.storage import keys
from reelbatch.storage.objects import create_model, read_model, write_model

log = structlog.get_logger("worker")

LEASE_TIME = 10.0  # seconds without a renewal; equal to the heartbeat timeout
_RENEWALS = 3  # in that time


class Lease:
    """A worker's attempt to be the only one that renders `key` of `team`, for the job `job_id`."""

    def __init__(
        self, store: ObjectStore, *, team: str, key: str, job_id: str, seconds: float = LEASE_TIME
    ) -> None:
        self._store = store
        self._team = team
        self._key = key
        self._job_id = job_id
        self._seconds = seconds
        self._generation = 0
        self._seen: tuple[RenderLease, float] | None = None  # with its first time on our own clock

    async def take(self) -> bool:
        """Try to take the lease, which is free if nobody holds it or its holder is gone.

        Returns whether it is ours now. If the store fails, it counts as ours, so that the job is
        rendered.
        """
        try:
            while not await create_model(self._store, self._object_key, self._now()):
                holder = await read_model(self._store, self._object_key, RenderLease)
                if holder is None or self._is_held(holder):
                    return False
                self._generation += 1
                self._seen = None
        except (ObjectStoreError, OSError, ValidationError) as error:
            log.warning("rendering without a lease", job=self._job_id, reason=str(error))
        return True

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """Renew the lease while the context lasts, and release it at the end."""
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])
            with contextlib.suppress(ObjectStoreError, OSError):
                await self._store.delete_async(self._object_key)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._seconds / _RENEWALS)
            with contextlib.suppress(ObjectStoreError, OSError):
                await write_model(self._store, self._object_key, self._now())

    def _is_held(self, holder: RenderLease) -> bool:
        """Whether the holder is alive. An old lease shows at once that it is gone; a lease that
        stays the same shows it even if the clocks disagree.
        """
        if self._seen is None or self._seen[0] != holder:
            self._seen = (holder, monotonic())
        age = datetime.now(UTC) - holder.renewed_at
        seconds = timedelta(seconds=self._seconds)
        return age < seconds and monotonic() - self._seen[1] < self._seconds

    def _now(self) -> RenderLease:
        return RenderLease(job_id=self._job_id, renewed_at=datetime.now(UTC))

    @property
    def _object_key(self) -> str:
        return keys.render_lease(self._team, self._key, self._generation)
