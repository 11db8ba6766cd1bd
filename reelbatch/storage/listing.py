"""Lists folders of the object store, in which each thing has its own folder with a record."""

import contextlib
from typing import TypeVar

from obstore.store import ObjectStore
from pydantic import BaseModel

from reelbatch.parallel import gather_each
from reelbatch.storage.objects import read_model

M = TypeVar("M", bound=BaseModel)


async def names_in(store: ObjectStore, folder: str) -> list[str]:
    """The names of the folders and objects directly inside, in ascending order."""
    found = await store.list_with_delimiter_async(folder)  # pyright: ignore[reportUnknownMemberType]  obstore's other overload is for arrow
    paths = [*found["common_prefixes"], *(item["path"] for item in found["objects"])]
    return sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in paths)


async def names_with(store: ObjectStore, folder: str, record: str) -> list[str]:
    """The names of the folders inside that have an object called `record`, in ascending order.

    A store on a disk leaves empty folders behind, which `names_in` includes.
    """
    names: list[str] = []
    async for chunk in store.list(folder):  # pyright: ignore[reportUnknownMemberType]  as above
        paths = (item["path"].rsplit("/", 2) for item in chunk)
        names += [name for _, name, found in paths if found == record]
    return sorted(names)


async def list_models(store: ObjectStore, folder: str, record: str, model: type[M]) -> list[M]:
    """Read `{folder}/*/{record}`, in the order of the folders' names."""

    async def read(name: str) -> M | None:
        return await read_model(store, f"{folder}/{name}/{record}", model)

    found = await gather_each(read, await names_in(store, folder))
    return [item for item in found if item is not None]


async def bytes_in(store: ObjectStore, folder: str) -> int:
    """The size of all objects in the folder and below it."""
    total = 0
    async for chunk in store.list(folder):  # pyright: ignore[reportUnknownMemberType]  as above
        total += sum(item["size"] for item in chunk)
    return total


async def delete_folder(store: ObjectStore, folder: str) -> None:
    async for batch in store.list(folder):  # pyright: ignore[reportUnknownMemberType]  as above
        for item in batch:
            with contextlib.suppress(FileNotFoundError):
                await store.delete_async(item["path"])
