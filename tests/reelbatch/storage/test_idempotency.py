"""The record of an Idempotency-Key."""

import asyncio
from datetime import UTC, datetime, timedelta

from obstore.store import ObjectStore

from reelbatch.models.stored.idempotency import IdempotencyRecord, Submission
from reelbatch.storage import keys
from reelbatch.storage.idempotency import LIFETIME, IdempotencySlot


def a_record(answer: str, age: timedelta = timedelta()) -> IdempotencyRecord:
    return IdempotencyRecord(
        body_digest="d",
        created_at=datetime.now(UTC) - age,
        submission=Submission(status_code=201, answer=answer),
    )


async def test_only_the_first_record_counts(store: ObjectStore) -> None:
    slots = [IdempotencySlot(store, "team", "digest") for _ in range(8)]
    assert await asyncio.gather(*(slot.find() for slot in slots)) == [None] * 8

    async def fill(number: int) -> str:
        return (await slots[number].fill(a_record(str(number)))).submission.answer

    answers = await asyncio.gather(*map(fill, range(8)))
    assert len(set(answers)) == 1
    found = await IdempotencySlot(store, "team", "digest").find()
    assert found is not None
    assert found.submission.answer == answers[0]


async def test_after_its_lifetime_a_key_is_new_again(store: ObjectStore) -> None:
    await IdempotencySlot(store, "team", "digest").fill(a_record("old", LIFETIME))

    first, second = (IdempotencySlot(store, "team", "digest") for _ in range(2))
    assert await first.find() is None
    assert await second.find() is None
    assert (await first.fill(a_record("new"))).submission.answer == "new"
    assert (await second.fill(a_record("late"))).submission.answer == "new"
    found = await IdempotencySlot(store, "team", "digest").find()
    assert found is not None
    assert found.submission.answer == "new"


async def test_half_a_record_counts_for_nothing(store: ObjectStore) -> None:
    whole = a_record("answer").model_dump_json(by_alias=True).encode()
    key = keys.idempotency_record("team", "digest", 0)
    await store.put_async(key, whole[: len(whole) // 2])

    first, second = (IdempotencySlot(store, "team", "digest") for _ in range(2))
    assert await first.find() is None
    assert (await first.fill(a_record("new"))).submission.answer == "new"
    assert (await second.fill(a_record("late"))).submission.answer == "new"


async def test_teams_do_not_meet(store: ObjectStore) -> None:
    await IdempotencySlot(store, "team-1", "digest").fill(a_record("mine"))
    assert await IdempotencySlot(store, "team-2", "digest").find() is None
