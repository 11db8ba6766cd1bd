"""Removes old objects."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from obstore.store import ObjectStore

if TYPE_CHECKING:
    from obstore import ObjectMeta

_CHUNK = 500  # objects in one request


class Removal:
    """Removes up to `most` objects, and calls `alive` before each chunk of them."""

    def __init__(self, store: ObjectStore, most: int, alive: Callable[[], None]) -> None:
        self._store = store
        self._left = most
        self._alive = alive

    @property
    def exhausted(self) -> bool:
        return self._left <= 0

    def note(self, number: int) -> None:
        """Count objects that were removed elsewhere."""
        self._left -= number

    async def older_than(self, folder: str, moment: datetime) -> int:
        """Remove the folder's objects written before `moment`, and return their number."""
        return await self.remove(folder, lambda found: found["last_modified"] < moment)

    async def folder(self, folder: str) -> int:
        """Remove everything in the folder, and return the number of objects."""
        return await self.remove(folder, lambda _: True)

    async def remove(self, folder: str, chosen: "Callable[[ObjectMeta], bool]") -> int:
        """Remove the folder's objects for which `chosen` is true, and return their number."""
        removed = 0
        async for chunk in _listed(self._store, folder):
            self._alive()
            if self.exhausted:
                break
            paths = [found["path"] for found in chunk if chosen(found)][: self._left]
            if paths:
                await self._store.delete_async(paths)
            self._left -= len(paths)
            removed += len(paths)
        return removed


async def has_objects(
    store: ObjectStore, folder: str, chosen: "Callable[[ObjectMeta], bool]" = lambda _: True
) -> bool:
    async for chunk in _listed(store, folder):
        if any(map(chosen, chunk)):
            return True
    return False


async def names_modified_since(store: ObjectStore, folder: str, moment: datetime) -> frozenset[str]:
    """The names of the folder's subfolders in which something was written since `moment`."""
    return frozenset(
        [
            found["path"].removeprefix(f"{folder}/").partition("/")[0]
            async for chunk in _listed(store, folder)
            for found in chunk
            if found["last_modified"] >= moment
        ]
    )


async def _listed(store: ObjectStore, folder: str) -> "AsyncIterator[list[ObjectMeta]]":
    async for chunk in store.list(folder, chunk_size=_CHUNK):  # pyright: ignore[reportUnknownMemberType]  obstore's other overload is for arrow
        yield list(chunk)
