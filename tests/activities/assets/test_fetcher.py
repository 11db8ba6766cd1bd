from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr, TypeAdapter, ValidationError

from activities.assets.caches import AssetCache, ObjectCache
from activities.assets.download import Downloader
from activities.assets.fetcher import AssetFetcher
from activities.public_network import http_client
from activities.secret_references import ResolvedSecrets, SecretReferences
from reelbatch.engines.base import ResolvedAsset
from reelbatch.models.errors import AssetInvalid, AssetUnavailable, LimitExceeded
from reelbatch.models.wire.assets import Asset
from reelbatch.models.wire.urls import redacted_url
from reelbatch.settings import ByteLimit
from reelbatch.storage.objects import open_store
from reelbatch.storage.secrets import SecretVault
from tests.origin import Origin

LIMIT = ByteLimit(1000, "REELBATCH_MAX_ASSET_BYTES")


def image(src: str, **fields: Any) -> Asset:
    return TypeAdapter[Asset](Asset).validate_python(
        {"type": "image", "layerName": "product", "src": src, **fields}
    )


def static(src: str, name: str) -> Asset:
    return TypeAdapter[Asset](Asset).validate_python({"type": "static", "src": src, "name": name})


@pytest_asyncio.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with http_client(allow_private_networks=True) as made:
        yield made


def fetcher_with(client: httpx.AsyncClient, folder: Path, seconds: float = 60.0) -> AssetFetcher:
    cache = AssetCache(
        downloader=Downloader(client, seconds), folder=folder / "cache", limit=10_000
    )
    objects = ObjectCache(store=open_store(str(folder)), folder=folder / "objects", limit=10_000)
    return AssetFetcher(cache, objects, LIMIT)


@pytest.fixture
def fetcher(client: httpx.AsyncClient, tmp_path: Path) -> AssetFetcher:
    return fetcher_with(client, tmp_path)


def no_secrets(folder: Path) -> ResolvedSecrets:
    return SecretReferences(SecretVault(open_store(str(folder)), None)).of("team")


async def fetch_all(fetcher: AssetFetcher, folder: Path, *assets: Asset) -> Sequence[ResolvedAsset]:
    (folder / "work").mkdir(exist_ok=True)
    return await fetcher.fetch_all(assets, folder, folder / "work", no_secrets(folder))


async def fetch(fetcher: AssetFetcher, src: str, folder: Path, kind: str = "image") -> bytes:
    [resolved] = await fetch_all(fetcher, folder, image(src, type=kind))
    assert resolved.file is not None
    return resolved.file.read_bytes()


async def test_one_url_is_fetched_once_for_all_its_assets(
    origin: Origin, fetcher: AssetFetcher, tmp_path: Path
) -> None:
    url = origin.answer("/logo.png", b"pixels", headers="Content-Type: image/png\r\n")
    resolved = await fetch_all(fetcher, tmp_path, image(url), image(url))
    assert origin.requests == ["/logo.png"]
    assert {item.file for item in resolved} == {tmp_path / "asset-0.png"}


async def test_redirects_are_followed(
    origin: Origin, fetcher: AssetFetcher, tmp_path: Path
) -> None:
    origin.answer("/there", b"found")
    url = origin.answer("/here", status="302 Found", headers="Location: /there\r\n")
    assert await fetch(fetcher, url, tmp_path) == b"found"


async def test_a_missing_file_is_final_and_its_message_hides_the_query(
    origin: Origin, fetcher: AssetFetcher, tmp_path: Path
) -> None:
    with pytest.raises(AssetInvalid) as error:
        await fetch(fetcher, f"{origin.url}/gone.png?token=secret", tmp_path)
    assert "404" in error.value.message
    assert "secret" not in error.value.message


@pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "429 Slow down"])
async def test_a_server_in_trouble_is_worth_another_try(
    origin: Origin, fetcher: AssetFetcher, tmp_path: Path, status: str
) -> None:
    url = origin.answer("/x", status=status)
    with pytest.raises(AssetUnavailable):
        await fetch(fetcher, url, tmp_path)


async def test_nobody_listening_is_worth_another_try(
    fetcher: AssetFetcher, tmp_path: Path, unused_tcp_port: int
) -> None:
    with pytest.raises(AssetUnavailable):
        await fetch(fetcher, f"http://127.0.0.1:{unused_tcp_port}/x", tmp_path)


async def test_a_file_beyond_the_limit_is_refused(
    origin: Origin, fetcher: AssetFetcher, tmp_path: Path
) -> None:
    size = LIMIT.size + 1
    for url in (origin.answer("/big", b"x" * size), "data:," + "x" * size):
        with pytest.raises(LimitExceeded, match=r"1000 bytes .*\(REELBATCH_MAX_ASSET_BYTES\)"):
            await fetch(fetcher, url, tmp_path)


async def test_data_urls_are_read(fetcher: AssetFetcher, tmp_path: Path) -> None:
    assert await fetch(fetcher, "data:image/png;base64,aGk=", tmp_path) == b"hi"
    assert await fetch(fetcher, "data:,a%20b", tmp_path) == b"a b"


@pytest.mark.parametrize(
    "src", ["data:nothing", "data:;base64,!!", "file:///etc/passwd", "ftp://h/x", "http://", "x"]
)
async def test_other_urls_are_refused(fetcher: AssetFetcher, tmp_path: Path, src: str) -> None:
    with pytest.raises(AssetInvalid):
        await fetch(fetcher, src, tmp_path)


def test_messages_show_urls_without_credentials() -> None:
    assert redacted_url("https://user:pass@host/path?sig=1") == "https://host/path"


async def test_a_static_asset_is_placed_in_the_work_folder_by_name(
    origin: Origin, fetcher: AssetFetcher, tmp_path: Path
) -> None:
    url = origin.answer("/a.bin", b"content")
    [resolved] = await fetch_all(fetcher, tmp_path, static(url, "images/logo.png"))
    assert resolved.file is not None
    assert resolved.file == tmp_path / "work" / "images" / "logo.png"
    resolved.file.write_bytes(b"changed by an engine")
    (tmp_path / "next").mkdir()
    assert await fetch(fetcher, url, tmp_path / "next") == b"content"


async def test_static_assets_cannot_share_a_name_as_file_and_folder(
    fetcher: AssetFetcher, tmp_path: Path
) -> None:
    pair = [static("data:,x", "images"), static("data:,x", "images/logo.png")]
    with pytest.raises(AssetInvalid, match="collide"):
        await fetch_all(fetcher, tmp_path, *pair)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../x", ".", "a//b", "a/", "..\\x", "C:\\x", "a\nb", "a\0b"]
)
def test_the_name_of_a_static_asset_cannot_leave_the_work_folder(name: str) -> None:
    with pytest.raises(ValidationError, match="must be a file name"):
        static("https://example.com/x", name)


@pytest.mark.parametrize(
    ("body", "media_type", "what"),
    [
        (b"\xef\xbb\xbf\n <!DOCTYPE html><title>Log in</title>", "image/png", "an HTML page"),
        (b"<html>no such file</html>", "application/octet-stream", "an HTML page"),
        (b'{"error": "expired"}', "image/png", "JSON"),
        (b"Please log in", "text/html; charset=utf-8", "an HTML page"),
        (b"Rate limit", "text/plain", "plain text"),
        (b"", "image/png", "empty"),
    ],
)
async def test_a_page_instead_of_a_picture_is_rejected_by_its_kind(
    origin: Origin,
    fetcher: AssetFetcher,
    tmp_path: Path,
    body: bytes,
    media_type: str,
    what: str,
) -> None:
    url = origin.answer("/x", body, headers=f"Content-Type: {media_type}\r\n")
    with pytest.raises(AssetInvalid, match=f"is {what}, not a video"):
        await fetch(fetcher, url, tmp_path, "video")


async def test_the_media_type_that_a_server_gives_a_picture_is_ignored(
    origin: Origin, fetcher: AssetFetcher, tmp_path: Path
) -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
    url = origin.answer("/x", png, headers="Content-Type: text/html\r\n")
    assert await fetch(fetcher, url, tmp_path) == png


async def test_engines_do_not_see_where_a_file_came_from(
    fetcher: AssetFetcher, tmp_path: Path
) -> None:
    vault = SecretVault(open_store(str(tmp_path / "store")), b"k" * 32)
    await vault.create("team", "WORDS", SecretStr("hush"))
    secrets = SecretReferences(vault).of("team")
    asset = image("data:,${secrets.WORDS}")
    (tmp_path / "work").mkdir()
    [found] = await fetcher.fetch_all([asset], tmp_path, tmp_path / "work", secrets)
    assert found.file is not None
    assert found.file.read_bytes() == b"hush"
    assert "hush" not in repr(found.asset)
