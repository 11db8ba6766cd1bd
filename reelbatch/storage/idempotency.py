"""Records of what was accepted under an Idempotency-Key, from which it can be started again."""

from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog
from obstore.store import ObjectStore
from pydantic import ValidationError

from reelbatch.models.stored.idempotency import BatchSubmission, IdempotencyRecord, JobSubmission
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from reelbatch.storage.objects import create_model, read_model

LIFETIME = timedelta(hours=24)
# Longer than the lifetime, so that a record is not removed while its key is used again.
RETENTION = 2 * LIFETIME

log = structlog.get_logger("storage")

S = TypeVar("S", BatchSubmission, JobSubmission)


class IdempotencySlot(Generic[S]):
    """The place for the record of one key, which only one request ever fills."""

    def __init__(self, store: ObjectStore, *, team: str, digest: str, kind: type[S]) -> None:
        self._store = store
        self._team = team
        self._digest = digest
        self._record_type = IdempotencyRecord[kind]
        self._generation = 0

    async def find(self) -> IdempotencyRecord[S] | None:
        """The record that is valid now, or None."""
        names = await names_in(self._store, keys.idempotency_records(self._team, self._digest))
        if not names:
            return None
        self._generation = int(names[-1].removesuffix(".json"))
        record = await self._read()
        if record is not None and _is_valid(record):
            return record
        self._generation += 1
        return None

    async def fill(self, record: IdempotencyRecord[S]) -> IdempotencyRecord[S]:
        """Write the record, or return that of another request which was faster."""
        while not await create_model(self._store, self._key, record):
            winner = await self._read()
            if winner is not None:
                return winner
            self._generation += 1
        return record

    async def _read(self) -> IdempotencyRecord[S] | None:
        """Read the record; None: it is missing, or incomplete because its write broke off.

        The process that wrote an incomplete one died before it responded or started anything.
        """
        try:
            return await read_model(self._store, self._key, self._record_type)
        except ValidationError:
            log.warning("an idempotency record is broken", key=self._key)
            return None

    @property
    def _key(self) -> str:
        return keys.idempotency_record(self._team, self._digest, self._generation)


def _is_valid(record: IdempotencyRecord[Any]) -> bool:
    return datetime.now(UTC) < record.created_at + LIFETIME
