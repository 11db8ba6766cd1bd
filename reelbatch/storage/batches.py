"""Records of batches that outlive Temporal: manifests of ended ones, and rejected ones."""

from obstore.store import ObjectStore

from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in
from reelbatch.storage.objects import create_model, read_model


async def read_kept_batch(store: ObjectStore, team: str, batch_id: str) -> BatchSnapshot | None:
    """The manifest of an ended batch, or the record of one that never started; None: neither."""
    manifest = await read_model(store, keys.batch_manifest(team, batch_id), BatchSnapshot)
    if manifest is not None:
        return manifest
    return await read_model(store, keys.rejected_batch(team, batch_id), BatchSnapshot)


async def kept_batch_ids(store: ObjectStore, team: str) -> list[str]:
    """The ids of all batches that `read_kept_batch` has."""
    ended = await names_in(store, keys.batches(team))
    rejected = await names_in(store, keys.rejected_batches(team))
    return [*ended, *(name.removesuffix(".json") for name in rejected)]


async def keep_rejected_batch(store: ObjectStore, snapshot: BatchSnapshot) -> None:
    await create_model(store, keys.rejected_batch(snapshot.team, snapshot.id), snapshot)


async def keep_batch(store: ObjectStore, snapshot: BatchSnapshot) -> None:
    """Write a batch's manifest, unless it is there already."""
    await create_model(store, keys.batch_manifest(snapshot.team, snapshot.id), snapshot)
