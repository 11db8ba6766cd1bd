"""Assets in S3 buckets, on a real S3 server."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr, TypeAdapter

from activities.assets.caches import AssetCache, ObjectCache
from activities.assets.download import Downloader
from activities.assets.fetcher import AssetFetcher
from activities.public_network import http_client
from activities.secret_references import ResolvedSecrets, SecretReferences
from reelbatch.models.errors import AssetInvalid, AssetUnavailable
from reelbatch.models.wire.assets import Asset
from reelbatch.settings import ByteLimit
from reelbatch.storage.objects import open_store
from reelbatch.storage.secrets import new_secrets_key, open_vault
from tests.s3_server import S3Server

CONTENT = b"\x89PNG\r\n\x1a\n\0"
KEYS = ["logo.png", "a folder/Grüße & more (1)+~.png", "what?#50%25.png"]


class Bucket:
    def __init__(self, server: S3Server, folder: Path, secrets: ResolvedSecrets) -> None:
        self.server = server
        self.secrets = secrets
        self._folder = folder

    async def fetch(self, src: str, *, allow_private: bool = True, **params: Any) -> bytes:
        asset = TypeAdapter[Asset](Asset).validate_python(
            {
                "type": "image",
                "layerName": "x",
                "src": src,
                "params": {"endpoint": self.server.endpoint, **params},
            }
        )
        async with http_client(allow_private_networks=allow_private) as client:
            cache = AssetCache(
                downloader=Downloader(client, 60.0), folder=self._folder / "cache", limit=10_000
            )
            objects = ObjectCache(
                store=open_store(str(self._folder)), folder=self._folder / "objects", limit=10_000
            )
            fetcher = AssetFetcher(cache, objects, ByteLimit(1000))
            [found] = await fetcher.fetch_all([asset], self._folder, self._folder, self.secrets)
        assert found.file is not None
        assert found.file.suffix == ".png"
        return found.file.read_bytes()


@pytest_asyncio.fixture
async def bucket(tmp_path: Path, s3_server: S3Server) -> AsyncGenerator[Bucket]:
    vault = open_vault(open_store(str(tmp_path / "store")), SecretStr(new_secrets_key()))
    await vault.create("team", "S3_KEY", SecretStr(s3_server.reader_key_id))
    await vault.create("team", "S3_SECRET", SecretStr(s3_server.reader_secret))
    yield Bucket(s3_server, tmp_path, SecretReferences(vault).of("team"))


SIGNED: dict[str, Any] = {
    "accessKeyId": "${secrets.S3_KEY}",
    "accessKeySecret": "${secrets.S3_SECRET}",
}


@pytest.mark.parametrize("key", KEYS)
async def test_a_private_bucket_accepts_the_keys_in_the_assets_params(
    bucket: Bucket, key: str
) -> None:
    await bucket.server.store("private").put_async(key, CONTENT)
    src = f"s3://private/{key}"
    assert await bucket.fetch(src, region=bucket.server.region, **SIGNED) == CONTENT


async def test_a_public_bucket_needs_no_keys(bucket: Bucket) -> None:
    await bucket.server.store("outputs").put_async("logo.png", CONTENT)
    assert await bucket.fetch("s3://outputs/logo.png") == CONTENT


@pytest.mark.parametrize(
    ("src", "params", "reason"),
    [
        ("s3://private/logo.png", {}, "403 AccessDenied.*credentials in `params`"),
        ("s3://private/logo.png", {**SIGNED, "accessKeySecret": "no"}, "403 SignatureDoesNotMatch"),
        ("s3://private/logo.png", {**SIGNED, "accessKeyId": "NOBODY"}, "403 InvalidAccessKeyId"),
        ("s3://private/gone.png", SIGNED, "404 NoSuchKey.*bucket and the key"),
        ("s3://no-such-bucket/logo.png", SIGNED, "404 NoSuch"),
    ],
)
async def test_a_refusal_is_final_and_says_why(
    bucket: Bucket, src: str, params: dict[str, Any], reason: str
) -> None:
    await bucket.server.store("private").put_async("logo.png", CONTENT)
    with pytest.raises(AssetInvalid, match=f"{src} responded with HTTP status {reason}") as error:
        await bucket.fetch(src, **params)
    for hidden in (bucket.server.reader_secret, bucket.server.reader_key_id):
        assert hidden not in error.value.message


async def test_nobody_listening_is_worth_another_try(bucket: Bucket, unused_tcp_port: int) -> None:
    with pytest.raises(AssetUnavailable):
        await bucket.fetch("s3://b/k.png", endpoint=f"http://127.0.0.1:{unused_tcp_port}")


async def test_private_networks_are_not_contacted(bucket: Bucket) -> None:
    with pytest.raises(AssetInvalid, match="not a public address"):
        await bucket.fetch("s3://outputs/logo.png", allow_private=False)


async def test_a_secret_that_is_not_an_endpoint_stays_secret(bucket: Bucket) -> None:
    with pytest.raises(AssetInvalid) as error:
        await bucket.fetch("s3://outputs/logo.png", endpoint="${secrets.S3_SECRET}")
    assert bucket.server.reader_secret not in error.value.message
    assert "params.endpoint" in error.value.message
