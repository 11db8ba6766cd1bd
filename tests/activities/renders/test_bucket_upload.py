"""Uploads to a client's own bucket, on a real S3 server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from activities.public_network import http_client
from activities.renders.bucket_upload import BucketUploader
from activities.secret_references import ResolvedSecrets, SecretReferences
from reelbatch.models.errors import UploadFailed, UploadInterrupted
from reelbatch.models.wire.uploads import Upload
from reelbatch.storage.objects import open_store
from reelbatch.storage.secrets import new_secrets_key, open_vault
from tests.origin import Origin, Received
from tests.s3_server import S3Server

CONTENT = bytes(range(256)) * 4096  # sent in several chunks


@pytest_asyncio.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with http_client(allow_private_networks=True) as made:
        yield made


@pytest.fixture
def uploader(client: httpx.AsyncClient) -> BucketUploader:
    return BucketUploader(client)


@pytest.fixture
async def secrets(tmp_path: Path, s3_server: S3Server) -> ResolvedSecrets:
    vault = open_vault(open_store(str(tmp_path / "store")), SecretStr(new_secrets_key()))
    await vault.create("team", "S3_SECRET", SecretStr(s3_server.secret))
    return SecretReferences(vault).of("team")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    file = tmp_path / "film.mp4"
    file.write_bytes(CONTENT)
    return file


def an_upload(server: S3Server, prefix: str = "", **params: Any) -> Upload:
    return Upload.model_validate(
        {
            "prefix": prefix,
            "params": {
                "endpoint": server.endpoint,
                "region": server.region,
                "bucket": "outputs",
                "accessKeyId": server.key_id,
                "accessKeySecret": "${secrets.S3_SECRET}",
                **params,
            },
        }
    )


@pytest.mark.parametrize("prefix", ["", "renders/", "/renders/2026", "Grüße & more (1)+~"])
async def test_the_file_is_where_the_url_says(
    client: httpx.AsyncClient,
    s3_server: S3Server,
    secrets: ResolvedSecrets,
    film: Path,
    prefix: str,
) -> None:
    upload = an_upload(s3_server, prefix, acl="public-read")
    await BucketUploader(client).upload(upload, film, "01J.mp4", "video/mp4", secrets)
    stored = await s3_server.store("outputs").get_async(upload.object_key("01J.mp4"))
    assert bytes(await stored.bytes_async()) == CONTENT
    assert stored.attributes["Content-Type"] == "video/mp4"
    assert (await client.get(upload.url_of("01J.mp4"))).content == CONTENT


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"accessKeySecret": "wrong"}, "SignatureDoesNotMatch"),
        ({"accessKeyId": "NOBODY"}, "InvalidAccessKeyId"),
        ({"accessKeyId": "READER", "accessKeySecret": "reader-1b2f9a"}, "AccessDenied"),
    ],
)
async def test_a_refusal_is_final_and_says_why(
    uploader: BucketUploader,
    s3_server: S3Server,
    secrets: ResolvedSecrets,
    film: Path,
    params: dict[str, str],
    code: str,
) -> None:
    with pytest.raises(UploadFailed, match=f"403 {code}") as failed:
        await uploader.upload(an_upload(s3_server, **params), film, "a.mp4", "video/mp4", secrets)
    assert not failed.value.retryable


async def test_nobody_listening_is_worth_another_try(
    uploader: BucketUploader,
    s3_server: S3Server,
    secrets: ResolvedSecrets,
    film: Path,
    unused_tcp_port: int,
) -> None:
    upload = an_upload(s3_server, endpoint=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(UploadInterrupted):
        await uploader.upload(upload, film, "a.mp4", "video/mp4", secrets)


async def test_private_networks_are_not_contacted(
    s3_server: S3Server, secrets: ResolvedSecrets, film: Path
) -> None:
    async with http_client(allow_private_networks=False) as guarded:
        with pytest.raises(UploadFailed, match="not a public address"):
            await BucketUploader(guarded).upload(
                an_upload(s3_server), film, "guarded.mp4", "video/mp4", secrets
            )


@pytest.mark.parametrize(
    ("status", "is_transient"),
    [
        *((status, True) for status in (408, 429, 500, 502, 503, 504)),
        *((status, False) for status in (301, 400, 403, 404, 409, 412)),
    ],
)
async def test_temporary_errors_are_retryable(
    uploader: BucketUploader,
    s3_server: S3Server,
    secrets: ResolvedSecrets,
    film: Path,
    origin: Origin,
    status: int,
    is_transient: bool,
) -> None:
    upload = an_upload(s3_server, endpoint=origin.url)
    origin.answer(f"/outputs/{upload.object_key('a.mp4')}", status=f"{status} Hm")
    with pytest.raises(UploadFailed, match=f"status {status}") as failed:
        await uploader.upload(upload, film, "a.mp4", "video/mp4", secrets)
    assert isinstance(failed.value, UploadInterrupted) == is_transient
    assert failed.value.retryable == is_transient


@pytest.mark.parametrize(("status", "failure"), [("200 OK", None), ("403 No", UploadFailed)])
async def test_an_endless_response_is_not_read_to_its_end(
    uploader: BucketUploader,
    s3_server: S3Server,
    secrets: ResolvedSecrets,
    film: Path,
    origin: Origin,
    status: str,
    failure: type[UploadFailed] | None,
) -> None:
    async def gush(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        while True:
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    upload = an_upload(s3_server, endpoint=origin.url)
    origin.behave(f"/outputs/{upload.object_key('a.mp4')}", gush)
    with pytest.raises(failure) if failure else nullcontext():
        await uploader.upload(upload, film, "a.mp4", "video/mp4", secrets)


async def test_an_endpoint_that_does_not_respond_is_given_up(
    client: httpx.AsyncClient,
    s3_server: S3Server,
    secrets: ResolvedSecrets,
    film: Path,
    origin: Origin,
) -> None:
    async def wait(_: Received, __: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    upload = an_upload(s3_server, endpoint=origin.url)
    origin.behave(f"/outputs/{upload.object_key('a.mp4')}", wait)
    with pytest.raises(UploadInterrupted, match="not complete after 1 seconds"):
        await BucketUploader(client, 1.0).upload(upload, film, "a.mp4", "video/mp4", secrets)


async def test_an_invalid_secret_endpoint_stays_secret(
    uploader: BucketUploader, s3_server: S3Server, secrets: ResolvedSecrets, film: Path
) -> None:
    upload = an_upload(s3_server).model_copy(update={"output_url": "https://cdn"})
    params = upload.params.model_copy(update={"endpoint": "${secrets.S3_SECRET}"})
    upload = upload.model_copy(update={"params": params})
    with pytest.raises(UploadFailed) as failed:
        await uploader.upload(upload, film, "a.mp4", "video/mp4", secrets)
    assert s3_server.secret not in failed.value.message
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({}, "https://s3.amazonaws.com/b/x.mp4"),
        ({"prefix": "p/"}, "https://s3.amazonaws.com/b/p/x.mp4"),
        ({"outputUrl": "https://cdn.example.com"}, "https://cdn.example.com/x.mp4"),
        ({"outputUrl": "https://cdn/y/", "prefix": "a b"}, "https://cdn/y/a%20b/x.mp4"),
    ],
)
def test_the_url_of_an_output(fields: dict[str, Any], url: str) -> None:
    params = {"region": "r", "bucket": "b", "accessKeyId": "k", "accessKeySecret": "s"}
    assert Upload.model_validate({"params": params, **fields}).url_of("x.mp4") == url
