"""Finds, reads and writes stored files, such as outputs and templates."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from obstore.store import ObjectStore

_CHUNK = 256 * 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file's size and identity, without its content."""

    key: str
    size: int  # bytes
    last_modified: datetime
    etag: str  # quoted, as HTTP writes it


async def find_file(store: ObjectStore, key: str) -> StoredFile | None:
    try:
        meta = await store.head_async(key)
    except FileNotFoundError:
        return None
    etag = (meta["e_tag"] or f"{meta['last_modified'].timestamp()}-{meta['size']}").strip('"')
    return StoredFile(
        key=key, size=meta["size"], last_modified=meta["last_modified"], etag=f'"{etag}"'
    )


async def save_chunks(
    store: ObjectStore,
    key: str,
    chunks: AsyncIterator[bytes],
    see: Callable[[bytes], object] = lambda _: None,
) -> int:
    """Store the chunks, and pass each to `see`. Returns the number of bytes.

    If the chunks break off, nothing is stored.
    """
    size = 0

    async def seen() -> AsyncIterator[bytes]:
        nonlocal size
        async for chunk in chunks:
            size += len(chunk)
            see(chunk)
            yield chunk

    await store.put_async(key, seen())
    return size


async def download(store: ObjectStore, key: str, target: Path) -> int:
    """Write the object to the file `target` and return its size in bytes.

    Raises FileNotFoundError if the store has no such object.
    """
    response = await store.get_async(key)
    size = 0
    with target.open("wb") as file:
        async for chunk in response.stream():
            size += file.write(chunk)
    return size


@asynccontextmanager
async def delete_on_cancel(store: ObjectStore, *keys: str) -> AsyncGenerator[None]:
    """A context for writing objects: if it is cancelled, they are deleted."""
    try:
        yield
    except asyncio.CancelledError:
        for key in keys:
            with contextlib.suppress(FileNotFoundError):
                await store.delete_async(key)
        raise


async def upload(store: ObjectStore, key: str, file: Path) -> None:
    """Upload the file as a whole; a cancelled upload leaves nothing."""
    async with delete_on_cancel(store, key):
        await store.put_async(key, file)


async def read_chunks(store: ObjectStore, key: str, start: int, end: int) -> AsyncGenerator[bytes]:
    """Read the bytes from `start` to `end`, which is exclusive. Raises FileNotFoundError."""
    if start >= end:
        return
    response = await store.get_async(key, options={"range": (start, end)})
    async for chunk in response.stream(min_chunk_size=_CHUNK):
        yield bytes(chunk)
