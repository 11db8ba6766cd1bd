"""Batches that are stored outside of Temporal."""

from obstore.store import ObjectStore

from reelbatch.storage import keys
from reelbatch.storage.batches import stored_batch_ids

KEPT, SWEPT = "01J00000000000000000000000", "01J00000000000000000000400"


async def test_a_batch_whose_manifest_was_removed_is_not_listed(store: ObjectStore) -> None:
    """A store on a disk keeps the batch's empty folder."""
    for batch_id in (KEPT, SWEPT):
        await store.put_async(keys.batch_manifest("team", batch_id), b"{}")
    await store.delete_async(keys.batch_manifest("team", SWEPT))
    assert await stored_batch_ids(store, "team") == [KEPT]
