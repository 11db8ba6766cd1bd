"""Removing old objects, in both kinds of stores."""

from datetime import UTC, datetime, timedelta

from obstore.store import ObjectStore

from reelbatch.storage.expiry import Removal, has_objects


def removal(store: ObjectStore, most: int = 10_000) -> Removal:
    return Removal(store, most, alive=lambda: None)


async def test_only_older_objects_of_the_folder_are_removed(store: ObjectStore) -> None:
    for name in ("a", "b/c"):
        await store.put_async(f"old/{name}", b"x")
    await store.put_async("other/a", b"x")
    now = datetime.now(UTC)

    assert await removal(store).older_than("old", now - timedelta(days=1)) == 0
    assert await removal(store).older_than("old", now + timedelta(days=1)) == 2

    assert not await has_objects(store, "old")
    assert await has_objects(store, "other")


async def test_no_more_objects_are_removed_than_allowed(store: ObjectStore) -> None:
    for number in range(5):
        await store.put_async(f"old/{number}", b"x")
    limited = removal(store, most=3)
    assert await limited.folder("old") == 3
    assert limited.exhausted
    assert await removal(store).folder("old") == 2


async def test_an_empty_folder_is_not_a_problem(store: ObjectStore) -> None:
    assert await removal(store).folder("nothing") == 0
    assert not await has_objects(store, "nothing")
