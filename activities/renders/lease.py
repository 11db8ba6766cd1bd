"""One of several workers renders, and the others wait for it: a lease in the object store.

A lease saves renders and decides nothing else: where it goes wrong, as with clocks that are wrong
by more than its time, two workers render the same, and either file will do.
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

LEASE_TIME = 10.0  # seconds without a renewal; as long as Temporal waits for heartbeats
_RENEWALS = 3  # in that time


class Lease:
    """A worker's try to be the one that renders `key` of `team`, for the job `job_id`."""

    def __init__(
        self, store: ObjectStore, *, team: str, key: str, job_id: str, seconds: float = LEASE_TIME
    ) -> None:
        self._store = store
        self._team = team
        self._key = key
        self._job_id = job_id
        self._seconds = seconds
        self._generation = 0
        self._seen: tuple[RenderLease, float] | None = None  # and since when, on our own clock

    async def take(self) -> bool:
        """Whether it is ours now. It is free where nobody has it, or who has it is gone.

        A store that fails costs no render: then it counts as ours.
        """
        try:
            while not await create_model(self._store, self._object_key, self._now()):
                holder = await read_model(self._store, self._object_key, RenderLease)
                if holder is None or self._is_held(holder):
                    return False
                self._generation += 1
                self._seen = None
        except (ObjectStoreError, OSError, ValidationError) as error:
            log.warning("a render goes without its lease", job=self._job_id, reason=str(error))
        return True

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """Renew it while the context lasts, and give it back then."""
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
        """Its age tells at once; its staying the same tells even where the clocks disagree."""
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
