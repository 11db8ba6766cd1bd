from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from activities.asset_files import AssetFetcher, shown
from activities.public_network import http_client, is_public
from activities.secret_references import ResolvedSecrets, SecretReferences
from models.assets import Asset
from models.errors import AssetInvalid, AssetUnavailable, LimitExceeded
from storage.objects import open_store
from storage.secrets import SecretVault
from tests.activities.conftest import Origin

LIMIT = 1000  # bytes


def image(src: str) -> Asset:
    return TypeAdapter[Asset](Asset).validate_python(
        {"type": "image", "layerName": "product", "src": src}
    )


@pytest_asyncio.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with http_client(allow_private_networks=True) as made:
        yield made


@pytest.fixture
def fetcher(client: httpx.AsyncClient) -> AssetFetcher:
    return AssetFetcher(client, LIMIT)


def no_secrets(folder: Path) -> ResolvedSecrets:
    return SecretReferences(SecretVault(open_store(str(folder)), None)).of("team")


async def fetch(fetcher: AssetFetcher, src: str, folder: Path) -> bytes:
    [resolved] = await fetcher.fetch_all([image(src)], folder, no_secrets(folder))
    assert resolved.file is not None
    return resolved.file.read_bytes()


async def test_one_url_is_fetched_once_for_all_its_assets(
    origin: Origin, fetcher: AssetFetcher, tmp_path: Path
) -> None:
    url = origin.answer("/logo.png", b"pixels", headers="Content-Type: image/png\r\n")
    resolved = await fetcher.fetch_all([image(url), image(url)], tmp_path, no_secrets(tmp_path))
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
    url = origin.answer("/big", b"x" * (LIMIT + 1))
    with pytest.raises(LimitExceeded, match="1000 bytes"):
        await fetch(fetcher, url, tmp_path)


async def test_data_urls_are_read(fetcher: AssetFetcher, tmp_path: Path) -> None:
    assert await fetch(fetcher, "data:text/plain;base64,aGk=", tmp_path) == b"hi"
    assert await fetch(fetcher, "data:,a%20b", tmp_path) == b"a b"


@pytest.mark.parametrize(
    "src", ["data:nothing", "data:;base64,!!", "file:///etc/passwd", "ftp://h/x", "http://", "x"]
)
async def test_other_urls_are_refused(fetcher: AssetFetcher, tmp_path: Path, src: str) -> None:
    with pytest.raises(AssetInvalid):
        await fetch(fetcher, src, tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
async def test_private_addresses_are_not_contacted(
    origin: Origin, tmp_path: Path, host: str
) -> None:
    url = origin.answer("/x", b"internal").replace("127.0.0.1", host)
    async with http_client(allow_private_networks=False) as guarded:
        with pytest.raises(AssetInvalid, match="not a public address"):
            await fetch(AssetFetcher(guarded, LIMIT), url, tmp_path)
    assert origin.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_addresses_that_everyone_reaches_are_told_apart(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_messages_show_urls_without_credentials() -> None:
    assert shown("https://user:pass@host/path?sig=1") == "https://host/path"
