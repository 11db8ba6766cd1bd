"""The record of an Idempotency-Key."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from obstore.store import ObjectStore

from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.stored.idempotency import BatchSubmission, IdempotencyRecord
from reelbatch.storage import keys
from reelbatch.storage.idempotency import (
    LIFETIME,
    IdempotencySlot,
)

Record = IdempotencyRecord[BatchSubmission]


def a_record(batch_id: str, age: timedelta = timedelta()) -> Record:
    batch = Batch(team="team", id=batch_id, created_at=datetime.now(UTC), jobs=[], concurrency=1)
    return Record(
        body_digest="d",
        created_at=datetime.now(UTC) - age,
        submission=BatchSubmission(batch=batch),
    )


def a_slot(store: ObjectStore, team: str = "team") -> IdempotencySlot[BatchSubmission]:
    return IdempotencySlot(store, team=team, digest="digest", kind=BatchSubmission)


async def found_in(slot: IdempotencySlot[BatchSubmission]) -> str | None:
    record = await slot.find()
    return record.submission.batch.id if record else None


async def fill(slot: IdempotencySlot[BatchSubmission], record: Record) -> str:
    """Fill the slot, and return the batch whose record counts."""
    return (await slot.fill(record)).submission.batch.id


async def test_only_the_first_record_counts(store: ObjectStore) -> None:
    slots = [a_slot(store) for _ in range(8)]
    assert await asyncio.gather(*map(found_in, slots)) == [None] * 8

    filled = await asyncio.gather(*(fill(slot, a_record(str(n))) for n, slot in enumerate(slots)))
    assert len(set(filled)) == 1
    assert await found_in(a_slot(store)) == filled[0]


async def test_after_its_lifetime_a_key_is_new_again(store: ObjectStore) -> None:
    await a_slot(store).fill(a_record("old", LIFETIME))

    first, second = a_slot(store), a_slot(store)
    assert await found_in(first) is None
    assert await found_in(second) is None
    assert await fill(first, a_record("new")) == "new"
    assert await fill(second, a_record("late")) == "new"
    assert await found_in(a_slot(store)) == "new"


async def test_an_incomplete_record_is_ignored(store: ObjectStore) -> None:
    whole = a_record("batch").model_dump_json(by_alias=True).encode()
    key = keys.idempotency_record("team", "digest", 0)
    await store.put_async(key, whole[: len(whole) // 2])

    first, second = a_slot(store), a_slot(store)
    assert await found_in(first) is None
    assert await fill(first, a_record("new")) == "new"
    assert await fill(second, a_record("late")) == "new"


async def test_older_records_that_contain_the_response_are_read(store: ObjectStore) -> None:
    """Versions before 0.2 wrote such records."""
    record = json.loads(a_record("batch").model_dump_json(by_alias=True))
    record["submission"] |= {"statusCode": 201, "answer": "{}", "job": None}
    key = keys.idempotency_record("team", "digest", 0)
    await store.put_async(key, json.dumps(record).encode())
    assert await found_in(a_slot(store)) == "batch"


async def test_teams_have_separate_records(store: ObjectStore) -> None:
    await a_slot(store, "team-1").fill(a_record("mine"))
    assert await a_slot(store, "team-2").find() is None
