"""Opens the object store, and has the few operations that all kinds of objects share."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, from_url
from pydantic import BaseModel

from reelbatch.parallel import gather_each

M = TypeVar("M", bound=BaseModel)


def open_store(location: str) -> ObjectStore:
    """Open a folder, or a URL (s3://, gs://, az://) with the provider's usual variables.

    Raises OSError if the folder cannot be created.
    """
    if "://" in location:
        return from_url(location)
    folder = Path(location).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(folder)


async def read_bytes(store: ObjectStore, key: str) -> bytes | None:
    """The whole object; None: it does not exist."""
    try:
        response = await store.get_async(key)
        return bytes(await response.bytes_async())
    except FileNotFoundError:
        return None


async def read_model(store: ObjectStore, key: str, model: type[M]) -> M | None:
    """The object as a model; None: it does not exist."""
    content = await read_bytes(store, key)
    return None if content is None else model.model_validate_json(content)


async def write_model(store: ObjectStore, key: str, model: BaseModel) -> None:
    await store.put_async(key, model.model_dump_json(by_alias=True).encode())


async def create_model(store: ObjectStore, key: str, model: BaseModel) -> bool:
    """Like `create_bytes`, for a model."""
    return await create_bytes(store, key, model.model_dump_json(by_alias=True).encode())


async def create_bytes(store: ObjectStore, key: str, content: bytes) -> bool:
    """Write the object unless it exists already. Returns whether it was written."""
    try:
        await store.put_async(key, content, mode="create")
    except AlreadyExistsError:
        return False
    return True


async def create_models(store: ObjectStore, models: Mapping[str, BaseModel]) -> None:
    """Write the objects that do not exist yet. A repetition changes nothing."""
    await gather_each(lambda key: create_model(store, key, models[key]), models)
