"""Fetching what an asset's `src` names into a render's work folder."""

import binascii
import mimetypes
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import httpx

from activities.secret_references import ResolvedSecrets
from engines.base import ResolvedAsset
from models.assets import Asset, MediaAsset, StaticAsset
from models.errors import AssetInvalid, AssetUnavailable, LimitExceeded


@dataclass(frozen=True)
class AssetSource:
    """Where an asset's file is."""

    url: str  # with the values of secrets
    name: str  # for messages, without them

    @property
    def scheme(self) -> str:
        return self.url.partition(":")[0].lower()

    @property
    def path(self) -> str:
        try:
            return urlsplit(self.url).path
        except ValueError:  # the client says more clearly what is wrong with it
            return ""


class AssetFetcher:
    """Reads http(s) and data: URLs, up to `limit` bytes each."""

    def __init__(self, client: httpx.AsyncClient, limit: int) -> None:
        self._client = client
        self._limit = limit

    async def fetch_all(
        self, assets: Sequence[Asset], folder: Path, secrets: ResolvedSecrets
    ) -> list[ResolvedAsset]:
        """Put the values of secrets in, and fetch each URL once, however many assets name it.

        Raises AssetInvalid, LimitExceeded, SecretUnavailable, or AssetUnavailable where another
        try may help.
        """
        files: dict[str, Path] = {}
        resolved: list[ResolvedAsset] = []
        for asset in assets:
            plain = await secrets.resolve_asset(asset)
            src = _source_of(asset)
            if src and src not in files:
                source = AssetSource(url=_source_of(plain) or src, name=shown(src))
                files[src] = await self._fetch(source, folder, f"asset-{len(files)}")
            resolved.append(ResolvedAsset(plain, files[src] if src else None))
        return resolved

    async def _fetch(self, source: AssetSource, folder: Path, name: str) -> Path:
        if source.scheme == "data":
            media_type, content = read_data_url(source.url)
            if len(content) > self._limit:
                raise self._too_large(source)
            file = folder / f"{name}{_extension(media_type, '')}"
            file.write_bytes(content)
            return file
        if source.scheme in ("http", "https"):
            return await self._download(source, folder, name)
        raise AssetInvalid(f"{source.name} is no http, https or data URL.")

    async def _download(self, source: AssetSource, folder: Path, name: str) -> Path:
        try:
            async with self._client.stream("GET", source.url) as response:
                _check_status(source, response.status_code)
                media_type = response.headers.get("content-type", "")
                file = folder / f"{name}{_extension(media_type, source.path)}"
                size = 0
                with file.open("wb") as out:
                    async for chunk in response.aiter_bytes():
                        size += len(chunk)
                        if size > self._limit:
                            raise self._too_large(source)
                        out.write(chunk)
                return file
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise AssetInvalid(f"{source.name} cannot be fetched: {error}") from error
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise AssetUnavailable(f"{source.name} could not be fetched: {reason}") from error

    def _too_large(self, source: AssetSource) -> LimitExceeded:
        return LimitExceeded(f"{source.name} is larger than the {self._limit} bytes of an asset.")


def _source_of(asset: Asset) -> str | None:
    return asset.src if isinstance(asset, (MediaAsset, StaticAsset)) else None


def shown(src: str) -> str:
    """A URL for messages: without its query and credentials, which may be secret, and short."""
    parts = urlsplit(src)
    if parts.scheme == "data":
        return "a data: URL"
    if not parts.scheme:  # all of it is a reference to a secret, or it is no URL
        return parts.path[:300]
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:300]


def read_data_url(src: str) -> tuple[str, bytes]:
    """Media type and content of a data: URL (RFC 2397). Raises AssetInvalid."""
    header, comma, body = src[len("data:") :].partition(",")
    if not comma:
        raise AssetInvalid("A data: URL has no comma before its content.")
    media_type, *parameters = header.split(";")
    content = unquote_to_bytes(body)
    if "base64" not in (parameter.strip() for parameter in parameters):
        return media_type, content
    try:
        return media_type, b64decode(content, validate=True)
    except binascii.Error as error:
        raise AssetInvalid(f"A data: URL's base64 cannot be decoded: {error}.") from error


def _check_status(source: AssetSource, status: int) -> None:
    if status < 400:
        return
    message = f"{source.name} answered with HTTP status {status}."
    if status in (408, 425, 429) or status >= 500:
        raise AssetUnavailable(message)
    raise AssetInvalid(message)


def _extension(media_type: str, path: str) -> str:
    """An ending that tells the kind of file: the media type's, else the URL's own."""
    guessed = mimetypes.guess_extension(media_type.split(";")[0].strip())
    if guessed and guessed != ".bin":
        return guessed
    suffix = Path(path).suffix.lower()
    return suffix if suffix[1:].isalnum() and len(suffix) <= 6 else ""
