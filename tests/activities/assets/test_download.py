"""Downloads from a server on loopback that misbehaves in every way."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from activities.assets.download import Download, Downloader, Source
from activities.public_network import http_client
from reelbatch.models.errors import AssetInvalid, AssetUnavailable, LimitExceeded
from reelbatch.settings import ByteLimit
from tests.origin import Origin, Received

LIMIT = ByteLimit(1000)
OK = b"HTTP/1.1 200 OK\r\n"


@pytest_asyncio.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with http_client(allow_private_networks=True) as made:
        yield made


async def download(
    client: httpx.AsyncClient, url: str, target: Path, seconds: float = 60.0
) -> Download:
    source = Source(url=url, name="the file")
    return await Downloader(client, seconds).download(source, target, LIMIT)


async def test_a_download_that_trickles_forever_is_stopped(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def trickle(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 900\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    url = origin.behave("/slow", trickle)
    with pytest.raises(LimitExceeded, match="still arriving after 1 seconds"):
        await download(client, url, tmp_path / "x", seconds=1.0)


async def test_a_file_that_is_declared_too_large_is_not_read(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def boast(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 1001\r\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()  # the body never comes

    serving = origin.behave("/large", boast)
    with pytest.raises(LimitExceeded, match="1000 bytes"):
        await download(client, serving, tmp_path / "x")


async def test_a_file_that_turns_out_too_large_is_stopped(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def gush(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"64\r\n" + b"x" * 100 + b"\r\n")
            await writer.drain()

    with pytest.raises(LimitExceeded, match="1000 bytes"):
        await download(client, origin.behave("/gush", gush), tmp_path / "x")


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "br", "x" * 5000])
async def test_an_unrequested_encoding_is_rejected_before_the_file_is_read(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path, encoding: str
) -> None:
    async def send_head(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + f"Content-Encoding: {encoding}\r\nContent-Length: 900\r\n\r\n".encode())
        await writer.drain()
        await asyncio.Event().wait()  # the body never comes

    with pytest.raises(AssetInvalid, match="Content-Encoding") as refused:
        await download(client, origin.behave("/packed", send_head), tmp_path / "x")
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    "head", [b"Content-Length: 900\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\n"]
)
async def test_an_interrupted_response_is_retryable(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path, head: bytes
) -> None:
    async def break_off(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + head + b"abc")

    with pytest.raises(AssetUnavailable):
        await download(client, origin.behave("/half", break_off), tmp_path / "x")


async def test_a_response_that_is_not_http_is_retryable(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    origin.answers["/noise"] = b"\x00\x01\x02 noise\r\n\r\n"
    with pytest.raises(AssetUnavailable):
        await download(client, f"{origin.url}/noise", tmp_path / "x")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 304, 300])
async def test_a_refusal_is_final(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path, status: int
) -> None:
    url = origin.answer("/x", status=f"{status} No")
    with pytest.raises(AssetInvalid, match=f"the file responded with HTTP status {status}"):
        await download(client, url, tmp_path / "x")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_server_in_trouble_is_worth_another_try(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path, status: int
) -> None:
    url = origin.answer("/x", status=f"{status} Later")
    with pytest.raises(AssetUnavailable, match=str(status)):
        await download(client, url, tmp_path / "x")


async def test_five_redirects_are_followed_and_no_more(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    for number in range(6):
        origin.answer(f"/{number}", status="302 Found", headers=f"Location: /{number + 1}\r\n")
    origin.answer("/6", b"found")
    assert (await download(client, f"{origin.url}/1", tmp_path / "x")).is_redirected
    assert (tmp_path / "x").read_bytes() == b"found"
    with pytest.raises(AssetInvalid, match="more than 5 times"):
        await download(client, f"{origin.url}/0", tmp_path / "x")


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"])
async def test_redirects_are_followed_only_to_http(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path, place: str
) -> None:
    url = origin.answer("/x", status="302 Found", headers=f"Location: {place}\r\n")
    with pytest.raises(AssetInvalid, match="only http or https is followed"):
        await download(client, url, tmp_path / "x")


async def test_credentials_do_not_follow_a_redirect_to_another_server(
    origin: Origin, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    elsewhere = origin.url.replace("127.0.0.1", "localhost")
    origin.answer("/there", b"found")
    url = origin.answer("/x", status="302 Found", headers=f"Location: {elsewhere}/there\r\n")
    await download(client, url.replace("http://", "http://user:hush@"), tmp_path / "x")
    first, second = origin.received
    assert "authorization" in first.headers
    assert "authorization" not in second.headers
