"""Batches that are stored outside Temporal."""

from datetime import UTC, datetime

from obstore.store import ObjectStore

from reelbatch.models.orchestration.batches import BatchSnapshot, BatchStats
from reelbatch.models.wire.jobs import JobError
from reelbatch.storage import keys
from reelbatch.storage.batches import read_stored_batch, save_rejected_batch, stored_batch_ids
from reelbatch.storage.objects import read_bytes

STORED, REMOVED = "01J00000000000000000000000", "01J00000000000000000000400"


async def test_a_batch_whose_manifest_was_removed_is_not_listed(store: ObjectStore) -> None:
    """A store on a disk keeps the batch's empty folder."""
    for batch_id in (STORED, REMOVED):
        await store.put_async(keys.batch_manifest("team", batch_id), b"{}")
    await store.delete_async(keys.batch_manifest("team", REMOVED))
    assert await stored_batch_ids(store, "team") == [STORED]


async def test_a_thousand_equal_errors_take_little_space_and_are_read_unchanged(
    store: ObjectStore,
) -> None:
    message = "Missing field template.id: the id of an uploaded template. " * 5
    errors = [JobError(index=index, error=message, error_code="E") for index in range(1000)]
    now = datetime.now(UTC)
    rejected = BatchSnapshot(
        team="team",
        id=STORED,
        created_at=now,
        closed_at=now,
        stats=BatchStats(),
        summaries=[],
        records=[],
        errors=errors,
    )
    await save_rejected_batch(store, rejected)
    record = await read_bytes(store, keys.rejected_batch("team", STORED))
    assert record is not None
    assert len(record) < 20_000
    stored = await read_stored_batch(store, "team", STORED)
    assert stored is not None
    assert stored.errors == errors


async def test_errors_that_an_older_version_stored_are_read(store: ObjectStore) -> None:
    record = """{
        "team": "team", "id": "01J00000000000000000000000", "summaries": [], "records": [],
        "created_at": "2026-01-01T00:00:00Z", "closed_at": "2026-01-01T00:00:00Z", "stats": {},
        "errors": [{"index": 0, "error": "no", "errorCode": "E"}]
    }"""
    await store.put_async(keys.rejected_batch("team", STORED), record.encode())
    batch = await read_stored_batch(store, "team", STORED)
    assert batch is not None
    assert [error.error for error in batch.errors] == ["no"]
