"""A worker's caches. Files from URLs are downloaded once, used as long as their server allows, and
never shared between teams.
"""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from activities.assets.caches import AssetCache, ObjectCache, freshness
from activities.assets.download import Downloader, Source
from activities.public_network import http_client
from activities.s3 import Credentials
from reelbatch.models.errors import AssetInvalid, AssetUnavailable, TemplateInvalid
from reelbatch.settings import ByteLimit
from reelbatch.storage.objects import open_store
from tests.origin import Origin, Received

LIMIT = ByteLimit(1000)


class Renders:
    """Renders that use the cache, with a clock that tests can set."""

    def __init__(self, client: httpx.AsyncClient, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._count = 0
        self.now = 0.0
        self.cache = self.a_cache(LIMIT.size)

    def a_cache(self, size: int) -> AssetCache:
        return AssetCache(
            downloader=Downloader(self._client, 60.0),
            folder=self._folder / "cache",
            limit=size,
            clock=lambda: self.now,
        )

    async def link(
        self, url: str, team: str = "team", credentials: Credentials | None = None
    ) -> Path:
        self._count += 1
        target = self._folder / f"render-{self._count}"
        source = Source(url=url, name="the file", credentials=credentials)
        await self.cache.link(team, source, LIMIT, target)
        return target

    async def read(self, url: str, team: str = "team") -> bytes:
        return (await self.link(url, team)).read_bytes()

    @property
    def files(self) -> list[Path]:
        return list((self._folder / "cache").iterdir())


@pytest_asyncio.fixture
async def renders(tmp_path: Path) -> AsyncGenerator[Renders]:
    async with http_client(allow_private_networks=True) as client:
        yield Renders(client, tmp_path)


class Gate:
    """Holds back a response until it is opened."""

    def __init__(self, answer: bytes) -> None:
        self.opened = asyncio.Event()
        self.asked = asyncio.Event()
        self._answer = answer

    async def __call__(self, _: Received, writer: asyncio.StreamWriter) -> None:
        self.asked.set()
        await self.opened.wait()
        writer.write(self._answer)


FOUND = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlogo"


async def test_renders_that_start_together_share_one_download(
    origin: Origin, renders: Renders
) -> None:
    gate = Gate(FOUND)
    url = origin.behave("/logo", gate)
    waiting = [asyncio.create_task(renders.link(url)) for _ in range(200)]
    await gate.asked.wait()
    gate.opened.set()
    files = await asyncio.gather(*waiting)
    assert origin.requests == ["/logo"]
    assert {file.read_bytes() for file in files} == {b"logo"}
    assert len({file.stat().st_ino for file in files}) == 1


async def test_a_download_continues_for_those_who_still_wait(
    origin: Origin, renders: Renders
) -> None:
    gate = Gate(FOUND)
    url = origin.behave("/logo", gate)
    first, second = (asyncio.create_task(renders.read(url)) for _ in range(2))
    await gate.asked.wait()
    first.cancel()
    await asyncio.wait([first])
    gate.opened.set()
    assert await second == b"logo"
    assert first.cancelled()
    assert origin.requests == ["/logo"]


async def test_a_download_that_nobody_waits_for_any_more_stops_and_leaves_no_file(
    origin: Origin, renders: Renders
) -> None:
    gate = Gate(FOUND)
    url = origin.behave("/logo", gate)
    only = asyncio.create_task(renders.read(url))
    await gate.asked.wait()
    assert len(renders.files) == 1
    only.cancel()
    await asyncio.wait([only])
    assert renders.files == []
    gate.opened.set()
    assert await renders.read(url) == b"logo"


async def test_a_failure_is_shared_but_not_remembered(origin: Origin, renders: Renders) -> None:
    gate = Gate(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    url = origin.behave("/logo", gate)
    waiting = [asyncio.create_task(renders.read(url)) for _ in range(3)]
    await gate.asked.wait()
    gate.opened.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [AssetUnavailable] * 3
    assert origin.requests == ["/logo"]
    origin.behaviours.clear()
    origin.answer("/logo", b"logo")
    assert await renders.read(url) == b"logo"


async def test_an_interrupted_download_is_never_used(origin: Origin, renders: Renders) -> None:
    origin.answers["/logo"] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    with pytest.raises(AssetUnavailable):
        await renders.read(f"{origin.url}/logo")
    assert renders.files == []
    origin.answer("/logo", b"whole")
    assert await renders.read(f"{origin.url}/logo") == b"whole"


async def test_teams_never_share_a_download_but_equal_contents_are_one_file(
    origin: Origin, renders: Renders
) -> None:
    url = origin.answer("/logo", b"logo")
    files = [await renders.link(url, team) for team in ("a", "b", "a", "b")]
    assert origin.requests == ["/logo", "/logo"]
    assert len({file.stat().st_ino for file in files}) == 1
    assert files[0].stat().st_mode & 0o222 == 0, "a render could change it for others"
    assert len(renders.files) == 1


async def test_other_credentials_need_another_download(origin: Origin, renders: Renders) -> None:
    url = origin.answer("/logo", b"logo")
    for secret in ("one", "two", "two"):
        credentials = Credentials(key_id="id", secret=secret, region="region")
        await renders.link(url, credentials=credentials)
    await renders.link(url)
    assert len(origin.requests) == 3


async def test_a_file_is_fresh_for_five_minutes(origin: Origin, renders: Renders) -> None:
    url = origin.answer("/logo", b"old")
    await renders.read(url)
    origin.answer("/logo", b"new")
    renders.now = 299.0
    assert await renders.read(url) == b"old"
    renders.now = 300.0
    assert await renders.read(url) == b"new"


@pytest.mark.parametrize("header", ['ETag: "v1"', "Last-Modified: Tue, 06 Jan 2026 10:00:00 GMT"])
async def test_a_stale_file_is_validated_with_its_server(
    origin: Origin, renders: Renders, header: str
) -> None:
    url = origin.answer("/logo", b"logo", headers=f"{header}\r\n")
    before = await renders.link(url)
    renders.now = 1000.0
    origin.answer("/logo", status="304 Not Modified")
    after = await renders.link(url)
    assert after.stat().st_ino == before.stat().st_ino
    question = "if-none-match" if "ETag" in header else "if-modified-since"
    assert origin.received[-1].headers[question] == header.partition(": ")[2]
    renders.now = 1200.0
    await renders.link(url)
    assert len(origin.requests) == 2, "the validated file is not fresh again"


async def test_a_changed_file_replaces_the_old_one(origin: Origin, renders: Renders) -> None:
    url = origin.answer("/logo", b"old", headers='ETag: "v1"\r\n')
    old = await renders.link(url)
    renders.now = 1000.0
    origin.answer("/logo", b"new", headers='ETag: "v2"\r\n')
    assert await renders.read(url) == b"new"
    assert old.read_bytes() == b"old"


async def test_a_redirected_file_is_fetched_again_without_conditions(
    origin: Origin, renders: Renders
) -> None:
    origin.answer("/v1", b"logo", headers='ETag: "same"\r\n')
    url = origin.answer("/latest", status="302 Found", headers="Location: /v1\r\n")
    await renders.read(url)
    renders.now = 1000.0
    origin.answer("/v2", b"new", headers='ETag: "same"\r\n')
    origin.answer("/latest", status="302 Found", headers="Location: /v2\r\n")
    assert await renders.read(url) == b"new"
    assert all("if-none-match" not in request.headers for request in origin.received)


async def test_a_no_store_file_is_fetched_for_each_render(origin: Origin, renders: Renders) -> None:
    url = origin.answer("/logo", b"old", headers='Cache-Control: no-store\r\nETag: "v"\r\n')
    await renders.read(url)
    origin.answer("/logo", b"new", headers="Cache-Control: no-store\r\n")
    assert await renders.read(url) == b"new"
    assert "if-none-match" not in origin.received[-1].headers


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 300.0),
        ({"Cache-Control": "public, max-age=60"}, 60.0),
        ({"Cache-Control": 'Max-Age="60"'}, 60.0),
        ({"Cache-Control": "max-age=60", "Age": "45"}, 15.0),
        ({"Cache-Control": "max-age=60", "Age": "90"}, 0.0),
        ({"Cache-Control": "max-age=31536000, immutable"}, 86400.0),
        ({"Cache-Control": f"max-age={'9' * 400}"}, 86400.0),
        ({"Cache-Control": "max-age=-5"}, 300.0),
        ({"Cache-Control": "max-age=60, no-cache"}, 0.0),
        ({"Cache-Control": "private, No-Store, max-age=60"}, None),
    ],
)
def test_the_servers_headers_decide_how_long_a_file_is_fresh(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert freshness(httpx.Headers(headers)) == seconds


@pytest.mark.parametrize("size", [0, 100])
async def test_the_least_recently_used_file_is_evicted_but_renders_keep_it(
    origin: Origin, renders: Renders, size: int
) -> None:
    renders.cache = renders.a_cache(size)
    files = {
        name: await renders.link(origin.answer(f"/{name}", name.encode() * 40)) for name in "abc"
    }
    assert sum(file.stat().st_size for file in renders.files) == (80 if size else 40)
    assert files["a"].read_bytes() == b"a" * 40
    assert await renders.read(f"{origin.url}/a") == b"a" * 40
    assert origin.requests.count("/a") == 2


async def test_a_refusal_names_the_file_and_not_its_url(origin: Origin, renders: Renders) -> None:
    with pytest.raises(AssetInvalid) as error:
        await renders.read(f"{origin.url}/hush?token=hush")
    assert "hush" not in error.value.message


async def test_an_object_is_downloaded_once_and_linked_for_each_render(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    await store.put_async("template", b"content")
    cache = ObjectCache(store=store, folder=tmp_path / "cache", limit=100)
    await asyncio.gather(*(cache.link("template", tmp_path / f"t{n}") for n in range(5)))
    await store.delete_async("template")
    await cache.link("template", tmp_path / "again")
    files = [*(tmp_path / f"t{n}" for n in range(5)), tmp_path / "again"]
    assert {file.read_bytes() for file in files} == {b"content"}
    assert len({file.stat().st_ino for file in files}) == 1


async def test_the_least_recently_used_object_is_evicted_but_renders_keep_it(
    tmp_path: Path,
) -> None:
    store = open_store(str(tmp_path / "store"))
    for key in "abc":
        await store.put_async(key, key.encode() * 40)
    cache = ObjectCache(store=store, folder=tmp_path / "cache", limit=100)
    for number, key in enumerate("abac"):
        await cache.link(key, tmp_path / f"{number}")
    assert _size_of(tmp_path / "cache") == 80
    assert (tmp_path / "1").read_bytes() == b"b" * 40


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


async def test_an_object_that_windows_does_not_remove_is_reused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        if "cache" in path.parts and path.suffix != ".part" and path.exists():
            raise PermissionError(path, missing_ok)
        real(path, missing_ok=missing_ok)

    real = Path.unlink
    monkeypatch.setattr(Path, "unlink", refuse)
    store = open_store(str(tmp_path / "store"))
    cache = ObjectCache(store=store, folder=tmp_path / "cache", limit=100)
    for key in ("a", "b"):
        await store.put_async(key, key.encode() * 80)
    for number, key in enumerate("aba"):
        await cache.link(key, tmp_path / f"{number}")
        assert (tmp_path / f"{number}").read_bytes() == key.encode() * 80


async def test_a_missing_object_fails_the_job_with_a_clear_message(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    cache = ObjectCache(store=store, folder=tmp_path / "cache", limit=100)
    with pytest.raises(TemplateInvalid, match="no longer in the object store"):
        await cache.link("gone", tmp_path / "t")
