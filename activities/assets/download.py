"""Downloading a file by HTTP from a server that may be slow, redirect, fail or send too much."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from activities.assets.sources import Source
from activities.public_network import beginning_of, is_transient, reason_of, retry_after
from activities.s3 import ERROR_LENGTH, error_code, signed_headers
from reelbatch.models.errors import AssetInvalid, AssetUnavailable, LimitExceeded
from reelbatch.settings import ByteLimit

_MAX_REDIRECTS = 5
_CONDITIONS = ("If-None-Match", "If-Modified-Since")


@dataclass(frozen=True)
class Download:
    """A downloaded file, with the response's headers, which can't validate it after a redirect."""

    digest: str  # SHA-256 in hex
    headers: httpx.Headers
    is_redirected: bool

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


class NotModified(Exception):
    """The file has not changed since the response from which the conditions come."""

    def __init__(self, headers: httpx.Headers) -> None:
        super().__init__()
        self.headers = headers


class Downloader:
    """Downloads files. `client` refuses private networks, at every redirect too."""

    def __init__(self, client: httpx.AsyncClient, seconds: float) -> None:
        """`seconds` limits the whole of a download."""
        self._client = client
        self._seconds = seconds

    async def download(
        self,
        source: Source,
        target: Path,
        limit: ByteLimit,
        conditions: Mapping[str, str] | None = None,
    ) -> Download:
        """Write the file to `target`, which is useless after an error.

        Args:
            source: Where the file is.
            target: The path to write to.
            limit: The largest size that is accepted.
            conditions: Request headers that ask whether the file has changed.

        Raises:
            AssetInvalid: The file cannot be downloaded.
            LimitExceeded: It is too large or takes too long.
            AssetUnavailable: It cannot be downloaded now, but another try may help.
            NotModified: It still fulfils the `conditions`.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return await self._download(source, target, limit, conditions or {})
        except TimeoutError as error:
            raise LimitExceeded(
                f"{source.name} was still arriving after {self._seconds:.0f} seconds, the limit "
                "for a download (REELBATCH_DOWNLOAD_TIMEOUT); put it on a faster server."
            ) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise AssetInvalid(f"{source.name} cannot be fetched: its URL is not valid.") from error
        except httpx.HTTPError as error:
            message = f"{source.name} could not be fetched: {reason_of(error)}."
            raise AssetUnavailable(message) from error

    async def _download(
        self, source: Source, target: Path, limit: ByteLimit, conditions: Mapping[str, str]
    ) -> Download:
        async with self._response(source, conditions) as (response, redirects):
            if response.status_code == 304 and conditions:
                raise NotModified(response.headers)
            await _check_status(source, response)
            if (encoding := response.headers.get("content-encoding", "identity")) != "identity":
                raise AssetInvalid(
                    f"{source.name} has the Content-Encoding {encoding[:40]}, which was not "
                    "requested; configure the server to send the file as it is."
                )
            if _stated_size(response) > limit.size:
                raise _too_large(source, limit)
            digest, size = hashlib.sha256(), 0
            with target.open("wb") as out:
                async for chunk in response.aiter_raw():
                    size += len(chunk)
                    if size > limit.size:
                        raise _too_large(source, limit)
                    digest.update(chunk)
                    out.write(chunk)
            return Download(digest.hexdigest(), response.headers, redirects > 0)

    @asynccontextmanager
    async def _response(
        self, source: Source, conditions: Mapping[str, str]
    ) -> AsyncGenerator[tuple[httpx.Response, int]]:
        """The final response, and the number of redirects that led to it."""
        headers = {"Accept-Encoding": "identity", **conditions, **_signature(source)}
        request = self._client.build_request("GET", source.url, headers=headers)
        for redirects in range(_MAX_REDIRECTS + 1):
            if request.url.scheme not in source.schemes:
                raise _wrong_scheme(source, request.url.scheme, redirects)
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                if response.next_request is None or source.is_in_bucket:
                    yield response, redirects
                    return
                request = response.next_request
            finally:
                await response.aclose()
            for name in _CONDITIONS:  # they only apply to the first address
                request.headers.pop(name, None)
        raise AssetInvalid(f"{source.name} is redirected more than {_MAX_REDIRECTS} times.")


def _wrong_scheme(source: Source, scheme: str, redirects: int) -> AssetInvalid:
    allowed = " or ".join(sorted(source.schemes))
    if redirects == 0:
        return AssetInvalid(f"{source.name} is not an {allowed} URL.")
    return AssetInvalid(f"{source.name} is redirected to {scheme}, but only {allowed} is followed.")


def _signature(source: Source) -> dict[str, str]:
    if source.credentials is None:
        return {}
    return signed_headers("GET", source.url, source.credentials)


def _stated_size(response: httpx.Response) -> int:
    length = response.headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


def _too_large(source: Source, limit: ByteLimit) -> LimitExceeded:
    return LimitExceeded(f"{source.name} is larger than {limit}.")


async def _check_status(source: Source, response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    code = error_code(await beginning_of(response, ERROR_LENGTH)) if source.is_in_bucket else ""
    message = f"{source.name} responded with HTTP status {status}{code}."
    if is_transient(status):
        raise AssetUnavailable(message, retry_after=retry_after(response))
    raise AssetInvalid(f"{message}{_way_out(status) if source.is_in_bucket else ''}")


def _way_out(status: int) -> str:
    if status == 404:
        return " Check the bucket and the key."
    if status < 400:
        return " Set the endpoint and the region of the bucket in `params`."
    return " Check the region and the credentials in `params`."
