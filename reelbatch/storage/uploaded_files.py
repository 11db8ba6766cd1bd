"""The team's uploaded files, and when jobs last used each of them."""

import hashlib
from collections.abc import AsyncIterator, Iterable

from obstore.store import ObjectStore

from reelbatch.parallel import gather_each
from reelbatch.storage import keys
from reelbatch.storage.files import StoredFile, find_file


async def save_uploaded_file(
    store: ObjectStore, team: str, arriving: str, chunks: AsyncIterator[bytes], ending: str
) -> tuple[str, int]:
    """Store the content under its own digest; its id, and its size in bytes.

    Until all of it is there it is at the key of `arriving`, an id for this upload alone. What was
    stored before counts as used now.
    """
    digest, size = hashlib.sha256(), 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal size
        async for chunk in chunks:
            size += len(chunk)
            digest.update(chunk)
            yield chunk

    place = keys.arriving_upload(team, arriving)
    await store.put_async(place, counted())
    id_ = f"{digest.hexdigest()}{ending}"
    await note_use(store, team, [id_])
    await store.rename_async(place, keys.uploaded_file(team, id_))
    return id_, size


async def find_uploaded_file(store: ObjectStore, team: str, id_: str) -> StoredFile | None:
    return await find_file(store, keys.uploaded_file(team, id_))


async def missing_of(store: ObjectStore, team: str, ids: Iterable[str]) -> frozenset[str]:
    """Those of the `ids` under which the team has no file."""
    asked = list(ids)
    found = await gather_each(lambda id_: find_uploaded_file(store, team, id_), asked)
    return frozenset(id_ for id_, file in zip(asked, found, strict=True) if file is None)


async def note_use(store: ObjectStore, team: str, ids: Iterable[str]) -> None:
    """Say that these files are used now, so that the sweep leaves them."""
    await gather_each(lambda id_: store.put_async(keys.upload_use(team, id_), b""), ids)
