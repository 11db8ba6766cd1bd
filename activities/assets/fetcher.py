"""Fetching the files that assets name in `src` into a render's folder."""

import asyncio
import binascii
import json
import mimetypes
import shutil
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes

from pydantic import JsonValue

from activities.assets.caches import AssetCache, ObjectCache
from activities.assets.content_check import text_kind
from activities.assets.sources import source_of
from activities.secret_references import ResolvedSecrets
from reelbatch.engines.base import ResolvedAsset
from reelbatch.models.errors import AssetInvalid, LimitExceeded, TemplateInvalid
from reelbatch.models.wire.assets import Asset, MediaAsset, ScriptAsset, StaticAsset
from reelbatch.models.wire.uploaded_files import upload_id_in
from reelbatch.models.wire.urls import redacted_url
from reelbatch.settings import ByteLimit
from reelbatch.storage import keys

_Fetched = MediaAsset | StaticAsset | ScriptAsset


class AssetFetcher:
    """Fetches http(s), s3 and data: URLs, up to `limit` per file, and uploaded files."""

    def __init__(self, cache: AssetCache, objects: ObjectCache, limit: ByteLimit) -> None:
        self._cache = cache
        self._objects = objects
        self._limit = limit

    async def fetch_all(
        self, assets: Sequence[Asset], folder: Path, work_dir: Path, secrets: ResolvedSecrets
    ) -> list[ResolvedAsset]:
        """Resolve references to secrets, and fetch each URL once, however many assets name it.

        Files go to `folder`; the files of static assets are also copied to their names in
        `work_dir`. Raises AssetInvalid, LimitExceeded, SecretUnavailable, or AssetUnavailable if
        another try may help.
        """
        files: dict[str, Path] = {}
        resolved: list[ResolvedAsset] = []
        for asset in assets:
            if not isinstance(asset, (MediaAsset, StaticAsset, ScriptAsset)):
                resolved.append(ResolvedAsset(await secrets.resolve_asset(asset)))
                continue
            params = {} if isinstance(asset, ScriptAsset) else asset.params
            identity = json.dumps([asset.src, params])
            if identity not in files:
                name = f"asset-{len(files)}"
                files[identity] = await self._fetch(asset, params, folder / name, secrets)
            file = files[identity]
            if isinstance(asset, StaticAsset):
                file = await asyncio.to_thread(_copy, file, work_dir, asset.name)
            resolved.append(ResolvedAsset(asset, file))  # with references: engines need no secrets
        return resolved

    async def _fetch(
        self, asset: _Fetched, params: Mapping[str, JsonValue], file: Path, secrets: ResolvedSecrets
    ) -> Path:
        """Fetch one asset to `file`, and return its path with a suffix."""
        src = await secrets.resolve(asset.src)
        label = redacted_url(asset.src)
        if src[:5].lower() == "data:":
            file, media_type = self._unpack(src, label, file)
        elif upload_id := upload_id_in(src):
            file, media_type = file.with_suffix(Path(upload_id).suffix), ""
            await self._link_upload(secrets.team, upload_id, file)
        else:
            plain = {name: await secrets.resolve_json(v) for name, v in params.items()}
            source = source_of(src, plain, label)
            found = await self._cache.link(secrets.team, source, self._limit, file)
            media_type = found.media_type
            file = file.rename(file.with_suffix(_extension(media_type, source.path)))
        if isinstance(asset, MediaAsset):
            _check_content(asset, label, file, media_type)
        return file

    async def _link_upload(self, team: str, upload_id: str, file: Path) -> None:
        try:
            await self._objects.link(keys.uploaded_file(team, upload_id), file)
        except TemplateInvalid:  # raised by the cache for any kind of object
            raise AssetInvalid(
                f"The uploaded file {upload_id} no longer exists: upload it again."
            ) from None

    def _unpack(self, src: str, label: str, file: Path) -> tuple[Path, str]:
        media_type, content = read_data_url(src)
        if len(content) > self._limit.size:
            raise LimitExceeded(f"{label} is larger than {self._limit}.")
        file = file.with_suffix(_extension(media_type, ""))
        file.write_bytes(content)
        return file, media_type


def _check_content(asset: MediaAsset, label: str, file: Path, media_type: str) -> None:
    article = "a" if asset.type == "video" else "an"
    if file.stat().st_size == 0:
        raise AssetInvalid(f"{label} is empty, not {article} {asset.type}.")
    kind = text_kind(file, media_type)
    if kind is not None:
        raise AssetInvalid(
            f"{label} is {kind}, not {article} {asset.type}: use a URL that returns the file "
            "itself instead of a login or preview page."
        )


def _copy(file: Path, work_dir: Path, name: str) -> Path:
    """Copy `file`, since an engine may write to its work folder and other renders share `file`."""
    target = work_dir / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise AssetInvalid(
            f"The names of static assets collide: {name} would be both a file and a folder."
        ) from error
    return target


def read_data_url(src: str) -> tuple[str, bytes]:
    """The media type and content of a data: URL (RFC 2397). Raises AssetInvalid."""
    header, comma, body = src[len("data:") :].partition(",")
    if not comma:
        raise AssetInvalid("A data: URL must have a comma before its content.")
    media_type, *parameters = header.split(";")
    content = unquote_to_bytes(body)
    if "base64" not in (parameter.strip() for parameter in parameters):
        return media_type, content
    try:
        return media_type, b64decode(content, validate=True)
    except binascii.Error as error:
        raise AssetInvalid("The base64 content of a data: URL is damaged or incomplete.") from error


def _extension(media_type: str, path: str) -> str:
    """The file extension for the media type, or else the URL's own."""
    guessed = mimetypes.guess_extension(media_type.split(";")[0].strip())
    if guessed and guessed != ".bin":
        return guessed
    suffix = Path(path).suffix.lower()
    return suffix if suffix[1:].isalnum() and len(suffix) <= 6 else ""
