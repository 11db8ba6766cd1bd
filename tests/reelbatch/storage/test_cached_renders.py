"""The cache of renders, in both kinds of stores."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import LocalStore, ObjectStore

from reelbatch.models.stored.renders import StoredRender
from reelbatch.storage.cached_renders import (
    RenderGone,
    copy_render,
    download_render,
    find_render,
    forget_render,
    record_render,
    store_render_file,
)
from reelbatch.storage.files import find_file
from reelbatch.storage.objects import read_bytes


async def a_cached_render(
    store: ObjectStore, folder: Path, age: timedelta = timedelta(0)
) -> StoredRender:
    """Store a render of the team `t` under the key `k`."""
    file = folder / "output.png"
    file.write_bytes(b"picture")
    render = StoredRender(
        file_key=await store_render_file(store, "t", "k", file),
        job_id="job",
        size=7,
        width=1,
        height=1,
        frames=1,
        rendered_at=datetime.now(UTC) - age,
    )
    if isinstance(store, LocalStore):
        moment = render.rendered_at.timestamp()
        os.utime(Path(str(store.prefix)) / render.file_key, (moment, moment))
    await record_render(store, "t", "k", render)
    return render


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=2)])
async def test_a_copy_is_independent_of_the_original(
    store: ObjectStore, tmp_path: Path, age: timedelta
) -> None:
    render = await a_cached_render(store, tmp_path, age)
    await copy_render(store, render, "copy.png")
    await store.delete_async(render.file_key)
    assert await read_bytes(store, "copy.png") == b"picture"
    copy = await find_file(store, "copy.png")
    assert copy is not None
    assert datetime.now(UTC) - copy.last_modified < timedelta(hours=1), "the sweep goes by this"


async def test_a_missing_file_is_reported(store: ObjectStore, tmp_path: Path) -> None:
    for age in (timedelta(0), timedelta(days=2)):
        render = await a_cached_render(store, tmp_path, age)
        await store.delete_async(render.file_key)
        with pytest.raises(RenderGone):
            await copy_render(store, render, "copy.png")
        with pytest.raises(RenderGone):
            await download_render(store, render, tmp_path / "download")


async def test_a_forgotten_render_is_not_found(store: ObjectStore, tmp_path: Path) -> None:
    await a_cached_render(store, tmp_path)
    assert await find_render(store, "t", "k") is not None
    assert await find_render(store, "other", "k") is None
    for _ in range(2):
        await forget_render(store, "t", "k")
        assert await find_render(store, "t", "k") is None
