"""Templates and fonts on a worker's disk: downloaded once, used by a thousand jobs."""

import asyncio
import hashlib
import os
from collections import OrderedDict
from pathlib import Path

from obstore.store import ObjectStore

from models.errors import TemplateInvalid
from storage.files import download


class ObjectCache:
    """Keeps objects whose keys never change their content, the least used ones leaving first."""

    def __init__(self, store: ObjectStore, folder: Path, limit: int) -> None:
        """`limit` is in bytes; one object may be larger than it."""
        self._store = store
        self._folder = folder
        self._limit = limit
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}
        folder.mkdir(parents=True, exist_ok=True)

    async def link(self, key: str, target: Path) -> None:
        """Put the object at `target` as a hard link, which eviction cannot take away.

        Raises TemplateInvalid if the store has no such object.
        """
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            if key not in self._sizes:
                self._sizes[key] = await self._download(key)
            self._sizes.move_to_end(key)
            os.link(self._path(key), target)
        self._evict(keep=key)

    async def _download(self, key: str) -> int:
        """Stream the object to the disk and return its size in bytes."""
        part = self._path(key).with_suffix(".part")
        try:
            size = await download(self._store, key, part)
        except FileNotFoundError as error:
            raise TemplateInvalid(f"The file {key} is no longer in the object store.") from error
        part.replace(self._path(key))
        return size

    def _evict(self, keep: str) -> None:
        while sum(self._sizes.values()) > self._limit:
            key = next(iter(self._sizes))
            if key == keep:
                return
            del self._sizes[key]
            self._locks.pop(key, None)
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()
