import asyncio
from pathlib import Path

import pytest

from activities.assets.object_cache import ObjectCache
from reelbatch.models.errors import TemplateInvalid
from reelbatch.storage.objects import open_store


async def test_an_object_is_downloaded_once_and_linked_for_each_render(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    await store.put_async("template", b"content")
    cache = ObjectCache(store, tmp_path / "cache", limit=100)
    await asyncio.gather(*(cache.link("template", tmp_path / f"t{n}") for n in range(5)))
    await store.delete_async("template")
    await cache.link("template", tmp_path / "again")
    files = [*(tmp_path / f"t{n}" for n in range(5)), tmp_path / "again"]
    assert {file.read_bytes() for file in files} == {b"content"}
    assert len({file.stat().st_ino for file in files}) == 1


async def test_the_least_used_object_leaves_and_renders_keep_theirs(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    for key in "abc":
        await store.put_async(key, key.encode() * 40)
    cache = ObjectCache(store, tmp_path / "cache", limit=100)
    for number, key in enumerate("abac"):
        await cache.link(key, tmp_path / f"{number}")
    assert _size_of(tmp_path / "cache") == 80
    assert (tmp_path / "1").read_bytes() == b"b" * 40


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


async def test_a_file_that_is_gone_fails_the_job_clearly(tmp_path: Path) -> None:
    cache = ObjectCache(open_store(str(tmp_path / "store")), tmp_path / "cache", limit=100)
    with pytest.raises(TemplateInvalid, match="no longer in the object store"):
        await cache.link("gone", tmp_path / "t")
