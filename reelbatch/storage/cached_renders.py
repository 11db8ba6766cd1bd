"""The cache of rendered files, for jobs with equal inputs. A key is the digest of the inputs."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from obstore.store import LocalStore, ObjectStore
from pydantic import ValidationError

from reelbatch.models.stored.renders import StoredRender
from reelbatch.storage import keys
from reelbatch.storage.files import download
from reelbatch.storage.objects import read_model, write_model

_LARGEST_COPY = 5 * 1000**3  # bytes that S3 copies in one request
# In a folder, a copy is a hard link and has the age of the original, after which the sweep decides.
_OLDEST_LINK = timedelta(hours=1)


class RenderGone(Exception):
    """The file of a cached render no longer exists."""


async def find_render(store: ObjectStore, team: str, key: str) -> StoredRender | None:
    """The record under this key; None: there is none, or an incompatible version wrote it."""
    try:
        return await read_model(store, keys.cached_render(team, key), StoredRender)
    except ValidationError:
        return None


async def store_render_file(store: ObjectStore, team: str, key: str, file: Path) -> str:
    """Store the file under a unique object key, and return that key."""
    file_key = keys.cached_render_file(team, key, uuid4().hex, file.suffix)
    await store.put_async(file_key, file)
    return file_key


async def record_render(store: ObjectStore, team: str, key: str, render: StoredRender) -> None:
    """Write the record by which `find_render` finds the file."""
    await write_model(store, keys.cached_render(team, key), render)


async def forget_render(store: ObjectStore, team: str, key: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        await store.delete_async(keys.cached_render(team, key))


async def copy_render(store: ObjectStore, render: StoredRender, *targets: str) -> None:
    """Copy each file of the render to the key at the same position in `targets`.

    Raises RenderGone.
    """
    for key, target in zip(render.keys, targets, strict=True):
        try:
            if _can_copy(store, render):
                await store.copy_async(key, target)
            else:
                found = await store.get_async(key)
                await store.put_async(target, found.stream())
        except FileNotFoundError as error:
            raise RenderGone(key) from error


async def download_render(store: ObjectStore, render: StoredRender, *targets: Path) -> None:
    """Download each file of the render to the path at the same position in `targets`.

    Raises RenderGone.
    """
    for key, target in zip(render.keys, targets, strict=True):
        try:
            await download(store, key, target)
        except FileNotFoundError as error:
            raise RenderGone(key) from error


def _can_copy(store: ObjectStore, render: StoredRender) -> bool:
    if isinstance(store, LocalStore):
        return datetime.now(UTC) - render.rendered_at < _OLDEST_LINK
    return render.size <= _LARGEST_COPY
