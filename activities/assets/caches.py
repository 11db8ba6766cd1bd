"""Caches on a worker's disk: a file that a thousand jobs use is downloaded once."""

import asyncio
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx
from cachetools import LRUCache
from obstore.store import ObjectStore

from activities.assets.download import Downloader, NotModified
from activities.assets.sources import Source
from activities.metrics import CacheMetrics
from reelbatch.models.errors import TemplateInvalid
from reelbatch.settings import ByteLimit
from reelbatch.storage.files import download

DEFAULT_FRESHNESS = 300.0  # seconds, if the server does not specify it
_MAX_FRESHNESS = 24 * 3600.0  # seconds, whatever the server specifies
_MAX_URLS = 10_000  # that are remembered
_READ_ONLY = 0o444  # renders of several teams may share a file

T = TypeVar("T")


class ObjectCache:
    """A cache for templates and fonts, the objects whose content never changes."""

    def __init__(
        self,
        *,
        store: ObjectStore,
        folder: Path,
        limit: int,
        metrics: CacheMetrics | None = None,
    ) -> None:
        """`limit` is in bytes; one object may be larger than it."""
        self._store = store
        self._files = _BoundedFiles(folder, limit)
        self._metrics = metrics or CacheMetrics("objects")
        self._downloads: _SingleFlight[None] = _SingleFlight()

    async def link(self, key: str, target: Path) -> None:
        """Make `target` a hard link to the object, which stays even if the cache evicts the object.

        Raises TemplateInvalid if the store has no such object.
        """
        name = hashlib.sha256(key.encode()).hexdigest()
        self._metrics.note_request(is_hit=name in self._files)
        while not self._files.link(name, target):
            await self._downloads.run(key, lambda: self._download(key, name))

    async def _download(self, key: str, name: str) -> None:
        with self._files.new_part() as part:
            try:
                await download(self._store, key, part)
            except FileNotFoundError as error:
                raise TemplateInvalid(
                    f"The file {key} is no longer in the object store."
                ) from error
            self._metrics.note_download(part.stat().st_size)
            self._files.add(part, name)


@dataclass(frozen=True, kw_only=True)
class CachedFile:
    """The file behind a URL. Files with equal content are stored once."""

    digest: str  # SHA-256 in hex
    media_type: str  # as the server stated it, in lower case; empty if it did not
    fresh_until: float = 0.0  # on the cache's clock
    conditions: dict[str, str]  # request headers that ask whether the file has changed


class AssetCache:
    """A cache for files by URL, separate for each team, so that none learns what others fetched.

    It implements a part of RFC 9111: it respects `max-age` (up to a day), `no-cache` and
    `no-store`. Without them, a file is fresh for five minutes. After that, the server is asked
    again, with its ETag or Last-Modified if it sent one.
    """

    def __init__(
        self,
        *,
        downloader: Downloader,
        folder: Path,
        limit: int,
        clock: Callable[[], float] = time.monotonic,
        metrics: CacheMetrics | None = None,
    ) -> None:
        """`limit` is in bytes; one file may be larger than it."""
        self._downloader = downloader
        self._files = _BoundedFiles(folder, limit)
        self._clock = clock
        self._metrics = metrics or CacheMetrics("assets")
        self._found: LRUCache[str, CachedFile] = LRUCache(_MAX_URLS)
        self._downloads: _SingleFlight[CachedFile] = _SingleFlight()

    async def link(self, team: str, source: Source, limit: ByteLimit, target: Path) -> CachedFile:
        """Make `target` a hard link to the file, which stays even if the cache evicts the file.

        Concurrent requests for a file share one download, and its failure. `limit` is for this
        file. Raises the errors of `Downloader.download`.
        """
        key = _key(team, source, limit)
        found = self._found.get(key)
        self._metrics.note_request(is_hit=found is not None and found.digest in self._files)
        while (
            found is None
            or self._clock() >= found.fresh_until
            or not self._files.link(found.digest, target)
        ):
            found = await self._downloads.run(key, lambda: self._download(key, source, limit))
            if self._files.link(found.digest, target):
                break
        return found

    async def _download(self, key: str, source: Source, limit: ByteLimit) -> CachedFile:
        earlier = self._found.get(key)
        if earlier is not None and earlier.digest not in self._files:
            earlier = None
        conditions = earlier.conditions if earlier else None
        with self._files.new_part() as part:
            try:
                found = await self._downloader.download(source, part, limit, conditions)
            except NotModified as response:
                if earlier is None:
                    raise
                return self._remember(key, earlier, response.headers)
            self._metrics.note_download(part.stat().st_size)
            self._files.add(part, found.digest)
        file = CachedFile(
            digest=found.digest,
            media_type=found.media_type,
            conditions={} if found.is_redirected else _conditions(found.headers),
        )
        return self._remember(key, file, found.headers)

    def _remember(self, key: str, file: CachedFile, headers: httpx.Headers) -> CachedFile:
        """Remember the file, unless the server forbids it: then only current waiters share it."""
        seconds = freshness(headers)
        if seconds is None:
            self._found.pop(key, None)
            return file
        self._found[key] = replace(file, fresh_until=self._clock() + seconds)
        return self._found[key]


def freshness(headers: httpx.Headers) -> float | None:
    """The number of seconds for which a response may be reused; None if it must not be stored."""
    directives: dict[str, str] = {}
    for part in headers.get("cache-control", "").lower().split(","):
        name, _, value = part.strip().partition("=")
        directives[name] = value.strip('"')
    if "no-store" in directives:
        return None
    if "no-cache" in directives:
        return 0.0
    age, longest = headers.get("age", ""), directives.get("max-age", "")
    if not longest.isdecimal():
        return DEFAULT_FRESHNESS
    left = float(longest[:10]) - (float(age[:10]) if age.isdecimal() else 0.0)
    return max(0.0, min(_MAX_FRESHNESS, left))


def _conditions(headers: httpx.Headers) -> dict[str, str]:
    pairs = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
    return {ask: headers[given] for ask, given in pairs.items() if given in headers}


def _key(team: str, source: Source, limit: ByteLimit) -> str:
    """The key of a file in the cache: a digest, since URLs and credentials may contain secrets."""
    signer = source.credentials
    signed_by = [signer.key_id, signer.secret, signer.region] if signer else []
    identity = [team, source.url, sorted(source.schemes), limit, *signed_by]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


class _BoundedFiles(LRUCache[str, int]):
    """The sizes of a folder's files by name; the least recently used files are removed.

    The content of a name never changes. Nothing here is asynchronous, so a file cannot vanish
    between a lookup and a link.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        """`limit` is in bytes; a larger file takes the whole cache until the next one comes."""
        super().__init__(max(1, limit), getsizeof=lambda size: min(max(1, size), self.maxsize))
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def popitem(self) -> tuple[str, int]:
        name, size = super().popitem()
        with suppress(PermissionError):  # Windows does not remove a file that a render has open
            (self._folder / name).unlink(missing_ok=True)
        return name, size

    @contextmanager
    def new_part(self) -> Generator[Path]:
        """An empty file to write to. Nobody sees it before `add`; without `add` it is removed."""
        handle, path = tempfile.mkstemp(suffix=".part", dir=self._folder)
        os.close(handle)
        part = Path(path)
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)

    def add(self, part: Path, name: str) -> None:
        """Turn the complete `part` into the file with this name, unless there is one."""
        if name in self:
            return
        size, file = part.stat().st_size, self._folder / name
        if not file.exists():  # an existing file could not be removed; its content is the same
            if sys.platform != "win32":  # Windows does not remove read-only files
                part.chmod(_READ_ONLY)
            part.replace(file)
        self[name] = size

    def link(self, name: str, target: Path) -> bool:
        """Make `target` a hard link to the file, which stays even if the cache evicts the file.

        Returns False if there is no such file.
        """
        if self.get(name) is None:  # unlike `in`, this counts as a use
            return False
        os.link(self._folder / name, target)
        return True


@dataclass
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class _SingleFlight(Generic[T]):
    """Runs one task per key at a time; concurrent callers share its result or its error."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}

    async def run(self, key: str, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Wait for the task of `key`. It is cancelled only if nobody waits for it any more."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(start()))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            is_last = flight.waiting == 0
            if (is_last or flight.task.done()) and self._flights.get(key) is flight:
                del self._flights[key]
            if is_last and not flight.task.done():
                flight.task.cancel()
                await asyncio.wait([flight.task])
