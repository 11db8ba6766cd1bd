"""Fetching what an asset's `src` names into a render's work folder."""

import binascii
import mimetypes
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import httpx

from engines.base import ResolvedAsset
from models.assets import Asset, MediaAsset, StaticAsset
from models.errors import AssetInvalid, AssetUnavailable, LimitExceeded


class AssetFetcher:
    """Reads http(s) and data: URLs, up to `limit` bytes each."""

    def __init__(self, client: httpx.AsyncClient, limit: int) -> None:
        self._client = client
        self._limit = limit

    async def fetch_all(self, assets: Sequence[Asset], folder: Path) -> list[ResolvedAsset]:
        """Fetch each URL once, however many assets name it.

        Raises AssetInvalid, LimitExceeded, or AssetUnavailable where another try may help.
        """
        files: dict[str, Path] = {}
        resolved: list[ResolvedAsset] = []
        for asset in assets:
            src = asset.src if isinstance(asset, (MediaAsset, StaticAsset)) else None
            if src and src not in files:
                files[src] = await self._fetch(src, folder, f"asset-{len(files)}")
            resolved.append(ResolvedAsset(asset, files[src] if src else None))
        return resolved

    async def _fetch(self, src: str, folder: Path, name: str) -> Path:
        scheme = urlsplit(src).scheme.lower()
        if scheme == "data":
            media_type, content = read_data_url(src)
            if len(content) > self._limit:
                raise self._too_large(src)
            file = folder / f"{name}{_extension(media_type, '')}"
            file.write_bytes(content)
            return file
        if scheme in ("http", "https"):
            return await self._download(src, folder, name)
        raise AssetInvalid(f"{shown(src)} is no http, https or data URL.")

    async def _download(self, src: str, folder: Path, name: str) -> Path:
        try:
            async with self._client.stream("GET", src) as response:
                _check_status(src, response.status_code)
                media_type = response.headers.get("content-type", "")
                file = folder / f"{name}{_extension(media_type, urlsplit(src).path)}"
                size = 0
                with file.open("wb") as out:
                    async for chunk in response.aiter_bytes():
                        size += len(chunk)
                        if size > self._limit:
                            raise self._too_large(src)
                        out.write(chunk)
                return file
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise AssetInvalid(f"{shown(src)} cannot be fetched: {error}") from error
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise AssetUnavailable(f"{shown(src)} could not be fetched: {reason}") from error

    def _too_large(self, src: str) -> LimitExceeded:
        return LimitExceeded(f"{shown(src)} is larger than the {self._limit} bytes of an asset.")


def shown(src: str) -> str:
    """A URL for messages: without its query and credentials, which may be secret, and short."""
    parts = urlsplit(src)
    if parts.scheme == "data":
        return "a data: URL"
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


def _check_status(src: str, status: int) -> None:
    if status < 400:
        return
    message = f"{shown(src)} answered with HTTP status {status}."
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
