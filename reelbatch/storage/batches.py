"""Batches: manifests, rejections, tables and tags, which are stored outside Temporal."""

import asyncio
import gzip
import hashlib

from obstore.store import ObjectStore
from pydantic import BaseModel

from reelbatch.models.orchestration.batches import Batch, BatchSnapshot
from reelbatch.models.orchestration.search_attributes import name_tag, schedule_tag, submission_tag
from reelbatch.models.stored.tables import BatchTable
from reelbatch.parallel import gather_each
from reelbatch.storage import keys
from reelbatch.storage.listing import names_in, names_with
from reelbatch.storage.objects import create_bytes, create_model, read_bytes, read_model

_PACKED = b"\x1f\x8b"  # the beginning of gzip; older versions wrote plain JSON


async def read_stored_batch(store: ObjectStore, team: str, batch_id: str) -> BatchSnapshot | None:
    """The manifest of a batch that has ended, or the record of one that never started."""
    manifest = await read_model(store, keys.batch_manifest(team, batch_id), BatchSnapshot)
    if manifest is not None:
        return manifest
    record = await read_bytes(store, keys.rejected_batch(team, batch_id))
    if record is None:
        return None
    plain = gzip.decompress(record) if record.startswith(_PACKED) else record
    return BatchSnapshot.model_validate_json(plain)


async def stored_batch_ids(store: ObjectStore, team: str) -> list[str]:
    """The ids of all batches that `read_stored_batch` finds."""
    ended = await names_with(store, keys.batches(team), "manifest.json")
    rejected = await names_in(store, keys.rejected_batches(team))
    return [*ended, *(name.removesuffix(".json") for name in rejected)]


async def save_rejected_batch(store: ObjectStore, snapshot: BatchSnapshot) -> None:
    """Store the errors, packed, because a small request can cause a thousand similar ones."""
    packed = await asyncio.to_thread(_packed, snapshot)
    await create_bytes(store, keys.rejected_batch(snapshot.team, snapshot.id), packed)


async def save_batch_table(store: ObjectStore, team: str, batch_id: str, table: BatchTable) -> None:
    """Store the table that a batch was made from, for its results."""
    packed = await asyncio.to_thread(_packed, table)
    await create_bytes(store, keys.batch_table(team, batch_id), packed)


async def read_batch_table(store: ObjectStore, team: str, batch_id: str) -> BatchTable | None:
    """The table that a batch was made from; None: it was not made from a table."""
    packed = await read_bytes(store, keys.batch_table(team, batch_id))
    if packed is None:
        return None
    return await asyncio.to_thread(lambda: BatchTable.model_validate_json(gzip.decompress(packed)))


def _packed(record: BaseModel) -> bytes:
    return gzip.compress(record.model_dump_json(by_alias=True).encode())


async def tag_batch(store: ObjectStore, batch: Batch) -> None:
    """Make the batch findable by name, by the first batch of its table and by its schedule.

    Temporal's visibility has the same tags for people, but later, and without those that are too
    long.
    """
    tags = [name_tag(batch.name)] if batch.name else []
    if batch.submission:
        tags.append(submission_tag(batch.submission))
    if batch.schedule:
        tags.append(schedule_tag(batch.schedule))
    await gather_each(
        lambda tag: store.put_async(keys.batch_with_tag(batch.team, _digest(tag), batch.id), b""),
        tags,
    )


async def batches_with_tag(store: ObjectStore, team: str, tag: str) -> set[str]:
    """The ids of the batches with this tag."""
    return set(await names_in(store, keys.batches_with_tag(team, _digest(tag))))


def _digest(tag: str) -> str:
    return hashlib.sha256(tag.encode()).hexdigest()


async def save_batch(store: ObjectStore, snapshot: BatchSnapshot) -> None:
    """Write the manifest of a batch, unless it exists already."""
    await create_model(store, keys.batch_manifest(snapshot.team, snapshot.id), snapshot)
