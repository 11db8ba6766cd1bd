"""What is stored of a batch outside of Temporal."""

from obstore.store import ObjectStore

from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in, names_with
from reelbatch.storage.objects import create_model, read_model


async def read_stored_batch(store: ObjectStore, team: str, batch_id: str) -> BatchSnapshot | None:
    """The manifest of a batch that has ended, or the record of one that never started."""
    manifest = await read_model(store, keys.batch_manifest(team, batch_id), BatchSnapshot)
    if manifest is not None:
        return manifest
    return await read_model(store, keys.rejected_batch(team, batch_id), BatchSnapshot)


async def stored_batch_ids(store: ObjectStore, team: str) -> list[str]:
    """The ids of all batches that `read_stored_batch` has."""
    ended = await names_with(store, keys.batches(team), "manifest.json")
    rejected = await names_in(store, keys.rejected_batches(team))
    return [*ended, *(name.removesuffix(".json") for name in rejected)]


async def save_rejected_batch(store: ObjectStore, snapshot: BatchSnapshot) -> None:
    await create_model(store, keys.rejected_batch(snapshot.team, snapshot.id), snapshot)


async def save_batch(store: ObjectStore, snapshot: BatchSnapshot) -> None:
    """Write a batch's manifest, unless there is one."""
    await create_model(store, keys.batch_manifest(snapshot.team, snapshot.id), snapshot)
