"""Files from URLs on a worker's disk: a logo that a thousand jobs show is downloaded once."""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from activities.assets.bounded_files import BoundedFiles
from activities.assets.download import Downloader, NotModified, Source
from activities.assets.single_flight import SingleFlight
from activities.metrics import CacheMetrics

USUALLY_FRESH = 300.0  # seconds, where the server does not say
_LONGEST_FRESH = 24 * 3600.0  # seconds, whatever the server says
_MOST_ENTRIES = 10_000  # URLs that are remembered


@dataclass(frozen=True)
class CachedFile:
    """What a URL led to. Files of equal content are one on the disk."""

    digest: str  # SHA-256 in hex
    media_type: str  # as the server stated it, in lower case; empty where it did not
    fresh_until: float  # on the cache's clock
    conditions: dict[str, str]  # the headers that ask the server whether it has changed


class AssetCache:
    """Remembers URLs a team each, so that no team learns what another one has fetched.

    How long is RFC 9111 in short: `max-age` (up to a day), `no-cache` and `no-store` count, and
    without them a file is fresh for five minutes; then the server is asked again, with its ETag
    or Last-Modified if it gave one.
    """

    def __init__(
        self,
        downloader: Downloader,
        folder: Path,
        limit: int,
        clock: Callable[[], float] = time.monotonic,
        metrics: CacheMetrics | None = None,
    ) -> None:
        """`limit` is in bytes; one file may be larger than it."""
        self._downloader = downloader
        self._files = BoundedFiles(folder, limit)
        self._clock = clock
        self._metrics = metrics or CacheMetrics("assets")
        self._entries: OrderedDict[str, CachedFile] = OrderedDict()
        self._downloads: SingleFlight[CachedFile] = SingleFlight()

    async def link(self, team: str, source: Source, limit: int, target: Path) -> CachedFile:
        """Put the file at `target` as a hard link, which eviction cannot take away.

        Whoever asks while it is being downloaded shares that download, and its failure. `limit`
        is of this file, in bytes. Raises as `Downloader.download` does.
        """
        key = _key(team, source, limit)
        self._metrics.note_request(is_hit=self._is_here(key))
        entry = self._entries.get(key)
        while (
            entry is None
            or self._clock() >= entry.fresh_until
            or not self._files.link(entry.digest, target)
        ):
            entry = await self._downloads.run(key, lambda: self._download(key, source, limit))
            if self._files.link(entry.digest, target):
                break
        return entry

    def _is_here(self, key: str) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.digest in self._files

    async def _download(self, key: str, source: Source, limit: int) -> CachedFile:
        part = self._files.new_part()
        earlier = self._entries.get(key)
        if earlier is not None and earlier.digest not in self._files:
            earlier = None
        try:
            found = await self._downloader.download(
                source, part, limit, earlier.conditions if earlier else None
            )
        except NotModified as answer:
            if earlier is None:
                raise
            return self._remember(key, earlier, answer.headers)
        else:
            self._metrics.note_download(part.stat().st_size)
            self._files.keep(part, found.digest)
            conditions = {} if found.is_redirected else _conditions(found.headers)
            entry = CachedFile(found.digest, found.media_type, 0.0, conditions)
            return self._remember(key, entry, found.headers)
        finally:
            part.unlink(missing_ok=True)

    def _remember(self, key: str, entry: CachedFile, headers: httpx.Headers) -> CachedFile:
        """Unless the server forbids it: then those share the file who wait for it now."""
        seconds = freshness(headers)
        self._entries.pop(key, None)
        if seconds is None:
            return entry
        entry = replace(entry, fresh_until=self._clock() + seconds)
        self._entries[key] = entry
        if len(self._entries) > _MOST_ENTRIES:
            self._entries.popitem(last=False)
        return entry


def freshness(headers: httpx.Headers) -> float | None:
    """For how many seconds an answer may be used again; None where it must not be kept."""
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
        return USUALLY_FRESH
    left = float(longest[:10]) - (float(age[:10]) if age.isdecimal() else 0.0)
    return max(0.0, min(_LONGEST_FRESH, left))


def _conditions(headers: httpx.Headers) -> dict[str, str]:
    pairs = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
    return {ask: headers[told] for ask, told in pairs.items() if told in headers}


def _key(team: str, source: Source, limit: int) -> str:
    """A digest, since the URL and the credentials may hold secrets."""
    signer = source.credentials
    signed_by = [signer.key_id, signer.secret, signer.region] if signer else []
    identity = [team, source.url, sorted(source.schemes), limit, *signed_by]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()
