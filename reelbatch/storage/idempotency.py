"""Responses under an Idempotency-Key, with all that it takes to make them true once more."""

from datetime import UTC, datetime, timedelta

import structlog
from obstore.store import ObjectStore
from pydantic import ValidationError

from reelbatch.models.stored.idempotency import IdempotencyRecord
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from reelbatch.storage.objects import create_model, read_model

LIFETIME = timedelta(hours=24)
# A key that is used again just when its old record is removed must not meet itself.
KEPT = 2 * LIFETIME

log = structlog.get_logger("storage")


class IdempotencySlot:
    """The place of one key's record. Only one request ever fills it."""

    def __init__(self, store: ObjectStore, team: str, digest: str) -> None:
        self._store = store
        self._team = team
        self._digest = digest
        self._generation = 0

    async def find(self) -> IdempotencyRecord | None:
        """The record that is valid now; None: there is none."""
        names = await names_in(self._store, keys.idempotency_records(self._team, self._digest))
        if not names:
            return None
        self._generation = int(names[-1].removesuffix(".json"))
        record = await self._read()
        if record is not None and _is_valid(record):
            return record
        self._generation += 1
        return None

    async def fill(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Write and return the record. If another request was faster, return that one's instead."""
        while not await create_model(self._store, self._key, record):
            winner = await self._read()
            if winner is not None:
                return winner
            self._generation += 1
        return record

    async def _read(self) -> IdempotencyRecord | None:
        """Read the record; None: there is none, or only half of one.

        Some stores keep half an object when a write breaks off. The process that wrote it died
        before it sent a response and before it started anything.
        """
        try:
            return await read_model(self._store, self._key, IdempotencyRecord)
        except ValidationError:
            log.warning("an idempotency record is broken", key=self._key)
            return None

    @property
    def _key(self) -> str:
        return keys.idempotency_record(self._team, self._digest, self._generation)


def _is_valid(record: IdempotencyRecord) -> bool:
    return datetime.now(UTC) < record.created_at + LIFETIME
