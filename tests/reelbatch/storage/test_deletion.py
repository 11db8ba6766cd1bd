"""Deleting a template: twice at once, and if the store fails in between."""

import asyncio

import pytest
from obstore.store import ObjectStore

from reelbatch.storage import keys, templates
from reelbatch.storage.expiry import has_objects
from reelbatch.storage.listing import delete_folder, names_in
from reelbatch.storage.templates import delete_template


async def test_two_concurrent_deletions_of_a_folder_both_succeed(store: ObjectStore) -> None:
    for number in range(20):
        await store.put_async(f"folder/{number}", b"x")
    await asyncio.gather(*(delete_folder(store, "folder") for _ in range(2)))
    assert not await has_objects(store, "folder")


async def test_a_template_is_gone_even_if_its_files_could_not_be_removed(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_store: ObjectStore, folder: str) -> None:
        raise OSError(folder)

    monkeypatch.setattr(templates, "delete_folder", fail)
    await store.put_async(keys.template_record("team", "id"), b"{}")
    await store.put_async(f"{keys.template('team', 'id')}/source", b"x")
    with pytest.raises(OSError, match="team"):
        await delete_template(store, "team", "id")
    assert await names_in(store, keys.template("team", "id")) == ["source"]
