"""The team's uploaded files, and when jobs last used each of them."""

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
    """Store the content under its own digest; its id, and its size in bytes.

    Until all of it is there it is at the key of `arriving`, an id for this upload alone. What was
    stored before counts as used now.
    """
    digest, place = hashlib.sha256(), keys.arriving_upload(team, arriving)
    size = await save_chunks(store, place, chunks, see=digest.update)
    id_ = f"{digest.hexdigest()}{ending}"
    await note_use(store, team, [id_])
    await store.rename_async(place, keys.uploaded_file(team, id_))
    return id_, size


async def find_uploaded_file(store: ObjectStore, team: str, id_: str) -> StoredFile | None:
    return await find_file(store, keys.uploaded_file(team, id_))


async def missing_of(store: ObjectStore, team: str, ids: Iterable[str]) -> frozenset[str]:
    """Those of the `ids` under which the team has no file. The others count as used now."""
    asked = frozenset(ids)
    there = await _those_there(store, team, asked)
    await note_use(store, team, there)
    return asked - await _those_there(store, team, there)  # the sweep may have just begun on one


async def _those_there(store: ObjectStore, team: str, ids: Iterable[str]) -> frozenset[str]:
    asked = list(ids)
    found = await gather_each(lambda id_: find_uploaded_file(store, team, id_), asked)
    return frozenset(id_ for id_, file in zip(asked, found, strict=True) if file is not None)


async def note_use(store: ObjectStore, team: str, ids: Iterable[str]) -> None:
    """Say that these files are used now, so that the sweep leaves them."""
    await gather_each(lambda id_: store.put_async(keys.upload_use(team, id_), b""), ids)


async def used_at(store: ObjectStore, team: str, id_: str) -> datetime:
    """When a job last used the file, or it was uploaded."""
    use = await find_file(store, keys.upload_use(team, id_))
    return use.last_modified if use else datetime.min.replace(tzinfo=UTC)


async def remove_unused(store: ObjectStore, team: str, id_: str, *, since: datetime) -> int:
    """Remove the file, unless a job has used it `since`. Returns the number of objects.

    It is out of the way before its last use is read: who finds it there afterwards has noted a use
    in time, and who does not sends it again.
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
