"""Equal jobs share a render, on one worker or several, whatever happens to the first job."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from obstore.store import ObjectStore
from temporalio.testing import ActivityEnvironment

from activities.renders.cache import RenderCache
from activities.renders.delivery import FinishedRender, FreshRender
from activities.renders.slots import RenderSlots
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.stored.renders import RenderLease
from reelbatch.storage import keys
from reelbatch.storage.cached_renders import RenderGone, copy_render
from reelbatch.storage.objects import open_store, read_bytes, write_model
from tests.api.running_api import until
from tests.s3_server import S3Server

TEAM = "team"
LEASE = 0.6  # seconds


class Engine:
    """An engine that finishes its renders on command, and counts them in `started`."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "output.png"
        self.file.write_bytes(b"picture")
        self.started = 0
        self.go_on = asyncio.Event()

    async def render(self) -> FreshRender:
        self.started += 1
        await self.go_on.wait()
        return FreshRender(size=7, width=4, height=2, frames=1, seconds=1.5, file=self.file)

    async def fail(self) -> FreshRender:
        await self.render()
        raise TemplateInvalid("It has no layers.")

    async def has_started(self, times: int = 1) -> None:
        async def look() -> bool | None:
            return self.started >= times or None

        await until(look, "render")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return open_store(str(tmp_path / "objects"))
    server: S3Server = request.getfixturevalue("s3_server")
    return server.store("reelbatch", prefix=uuid4().hex)


def a_worker(store: ObjectStore, slots: RenderSlots | None = None) -> RenderCache:
    return RenderCache(
        store,
        slots=slots or RenderSlots(2),
        fingerprint="engine 1",
        lease_seconds=LEASE,
    )


def asking(
    cache: RenderCache,
    job: str,
    render: Callable[[], Awaitable[FreshRender]],
    *,
    team: str = TEAM,
    key: str = "key",
) -> "asyncio.Task[FinishedRender]":
    """Start an activity that asks for a render."""

    async def share() -> FinishedRender:
        return await cache.share(team, key, job, render)

    return asyncio.create_task(ActivityEnvironment().run(share))


async def content(store: ObjectStore, render: FinishedRender) -> bytes | None:
    """The file that the job gets."""
    assert render.stored is not None
    await copy_render(store, render.stored, "copy")
    return await read_bytes(store, "copy")


async def test_equal_jobs_share_a_render_while_it_runs_and_afterwards(
    store: ObjectStore, engine: Engine
) -> None:
    cache = a_worker(store)
    asked = [asking(cache, f"job {number}", engine.render) for number in range(5)]
    await engine.has_started()
    engine.go_on.set()
    renders = [*await asyncio.gather(*asked), await asking(a_worker(store), "late", engine.render)]
    assert engine.started == 1
    assert [render.reused_from for render in renders] == [None, *["job 0"] * 5]
    assert [render.seconds for render in renders] == [1.5, *[0] * 5]
    assert {(render.width, render.height, render.frames) for render in renders} == {(4, 2, 1)}
    assert [await content(store, render) for render in renders] == [b"picture"] * 6


async def test_no_team_gets_another_teams_render(store: ObjectStore, engine: Engine) -> None:
    cache = a_worker(store)
    engine.go_on.set()
    first = await asking(cache, "a", engine.render)
    second = await asking(cache, "b", engine.render, team="another")
    assert (first.reused_from, second.reused_from, engine.started) == (None, None, 2)


async def test_when_the_first_is_cancelled_the_next_one_renders(
    store: ObjectStore, engine: Engine
) -> None:
    cache = a_worker(store)
    first, *others = [asking(cache, f"job {number}", engine.render) for number in range(3)]
    await engine.has_started()
    first.cancel()
    await engine.has_started(2)
    engine.go_on.set()
    renders = await asyncio.gather(*others)
    assert sorted(render.reused_from or "" for render in renders) == ["", "job 1"]
    assert engine.started == 2
    assert first.cancelled()


async def test_a_failure_is_shared_but_not_stored(store: ObjectStore, engine: Engine) -> None:
    cache = a_worker(store)
    asked = [asking(cache, f"job {number}", engine.fail) for number in range(3)]
    await engine.has_started()
    engine.go_on.set()
    errors = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(error) for error in errors] == ["It has no layers."] * 3
    assert engine.started == 1
    assert (await asking(cache, "later", engine.render)).reused_from is None


async def test_a_waiting_job_lends_its_slot_to_other_work(
    store: ObjectStore, engine: Engine
) -> None:
    slots = RenderSlots(2)
    cache = a_worker(store, slots)
    for _ in range(2):
        assert slots.try_reserve_slot(None) is not None  # pyright: ignore[reportArgumentType]  only Temporal can make one
    asked = [asking(cache, f"job {number}", engine.render) for number in range(2)]
    await engine.has_started()
    await asyncio.wait_for(slots.reserve_slot(None), 10)  # pyright: ignore[reportArgumentType]  as above
    engine.go_on.set()
    await asyncio.gather(*asked)
    assert slots.try_reserve_slot(None) is None  # pyright: ignore[reportArgumentType]  as above


async def test_of_two_workers_one_renders_and_the_other_waits(
    store: ObjectStore, engine: Engine
) -> None:
    asked = [asking(a_worker(store), f"job {number}", engine.render) for number in range(2)]
    await engine.has_started()
    await asyncio.wait(asked, timeout=2 * LEASE)  # the lease is renewed meanwhile
    assert engine.started == 1
    engine.go_on.set()
    renders = await asyncio.gather(*asked)
    assert engine.started == 1
    assert len([render for render in renders if render.reused_from]) == 1


async def test_another_worker_renders_when_the_first_is_cancelled(
    store: ObjectStore, engine: Engine
) -> None:
    first = asking(a_worker(store), "first", engine.render)
    await engine.has_started()
    second = asking(a_worker(store), "second", engine.render)
    first.cancel()
    await engine.has_started(2)
    engine.go_on.set()
    assert (await second).reused_from is None


@pytest.mark.parametrize("clock_ahead", [timedelta(0), timedelta(hours=1)])
async def test_the_lease_of_a_worker_that_is_gone_is_taken_over(
    store: ObjectStore, engine: Engine, clock_ahead: timedelta
) -> None:
    lease = RenderLease(job_id="gone", renewed_at=datetime.now(UTC) + clock_ahead)
    await write_model(store, keys.render_lease(TEAM, "key", 0), lease)
    engine.go_on.set()
    assert (await asking(a_worker(store), "next", engine.render)).reused_from is None


async def test_a_render_that_was_removed_is_rendered_again(
    store: ObjectStore, engine: Engine
) -> None:
    cache = a_worker(store)
    engine.go_on.set()
    first = await asking(cache, "first", engine.render)
    assert first.stored is not None
    await store.delete_async(first.stored.file_key)
    second = await asking(cache, "second", engine.render)
    with pytest.raises(RenderGone):
        await content(store, second)
    await cache.forget(TEAM, "key")
    assert (await asking(cache, "third", engine.render)).reused_from is None


async def test_an_unreadable_record_counts_as_missing(store: ObjectStore, engine: Engine) -> None:
    await store.put_async(keys.cached_render(TEAM, "key"), b'{"version": 2}')
    engine.go_on.set()
    assert (await asking(a_worker(store), "a", engine.render)).reused_from is None
    assert (await asking(a_worker(store), "b", engine.render)).reused_from == "a"
