"""The team's uploaded files, and the time when jobs last used each of them."""

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import UTC, datetime

from obstore.store import ObjectStore

from reelbatch.parallel import gather_each
from reelbatch.storage import keys
from reelbatch.storage.files import StoredFile, find_file, save_chunks


async def save_uploaded_file(
    store: ObjectStore, team: str, arriving: str, chunks: AsyncIterator[bytes], ending: str
) -> tuple[str, int]:
    """Store the content under its digest. Returns its id and its size in bytes.

    Until it is complete it is stored under `arriving`, a unique id of this upload. A file that was
    stored before counts as used now.
    """
    digest, place = hashlib.sha256(), keys.arriving_upload(team, arriving)
    size = await save_chunks(store, place, chunks, see=digest.update)
    id_ = f"{digest.hexdigest()}{ending}"
    await mark_used(store, team, [id_])
    await store.rename_async(place, keys.uploaded_file(team, id_))
    return id_, size


async def find_uploaded_file(store: ObjectStore, team: str, id_: str) -> StoredFile | None:
    return await find_file(store, keys.uploaded_file(team, id_))


async def missing_files(store: ObjectStore, team: str, ids: Iterable[str]) -> frozenset[str]:
    """The `ids` for which the team has no file. The others count as used now."""
    requested = frozenset(ids)
    existing = await _existing(store, team, requested)
    await mark_used(store, team, existing)
    return requested - await _existing(store, team, existing)  # the sweep may just have removed one


async def _existing(store: ObjectStore, team: str, ids: Iterable[str]) -> frozenset[str]:
    requested = list(ids)
    found = await gather_each(lambda id_: find_uploaded_file(store, team, id_), requested)
    return frozenset(id_ for id_, file in zip(requested, found, strict=True) if file is not None)


async def mark_used(store: ObjectStore, team: str, ids: Iterable[str]) -> None:
    """Note that these files are used now, so that the sweep does not remove them."""
    await gather_each(lambda id_: store.put_async(keys.upload_use(team, id_), b""), ids)


async def used_at(store: ObjectStore, team: str, id_: str) -> datetime:
    """When a job last used the file, or when it was uploaded."""
    use = await find_file(store, keys.upload_use(team, id_))
    return use.last_modified if use else datetime.min.replace(tzinfo=UTC)


async def remove_unused(store: ObjectStore, team: str, id_: str, *, since: datetime) -> int:
    """Remove the file, unless a job has used it `since`. Returns the number of removed objects.

    The file is moved aside before its last use is read. A request that found the file before has
    noted its use in time; a later one does not find the file, and uploads it again.
    """
    place, aside = keys.uploaded_file(team, id_), keys.arriving_upload(team, f"unused-{id_}")
    removed = 0
    with suppress(FileNotFoundError):
        await store.rename_async(place, aside)
        if await used_at(store, team, id_) > since:
            await store.rename_async(aside, place)
            return 0
        await store.delete_async(aside)
        removed = 1
    with suppress(FileNotFoundError):
        await store.delete_async(keys.upload_use(team, id_))
        removed += 1
    return removed
