"""Bearer tokens: which team they belong to, and rate limits for tokens and for failed attempts."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from time import monotonic

from cachetools import LRUCache
from fastapi import Request
from obstore.store import ObjectStore

from reelbatch.models.errors import TooManyRequests, Unauthorized
from reelbatch.models.stored.tokens import TokenRecord
from reelbatch.storage.tokens import digest_of, find_record

_CACHE_SECONDS = 5.0  # even with a slow store, a revoked token is then rejected within ten
_CACHE_SIZE = 1000
_IPV6_SITE = 64  # bits; a client with one address of such a network has all of them

RATE_WINDOW = 60.0  # seconds
_MAX_BUCKETS = 10_000  # the least recently used ones are full again by the time they are dropped


def bearer_token(headers: Mapping[str, str]) -> str:
    """The token of the Authorization header. Raises Unauthorized."""
    header = headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if not header:
        raise Unauthorized("The request has no token: send `Authorization: Bearer TOKEN`.")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("The Authorization header must be `Bearer TOKEN`.")
    return token.strip()


def client_address(request: Request) -> str:
    """Identify the sender: an IPv4 address, or the network of an IPv6 address."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]  # not an address, such as a trusted proxy's `unknown`
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> _IPV6_SITE << _IPV6_SITE))
    return host


@dataclass(frozen=True)
class _Seen:
    record: TokenRecord
    read_at: float


class Authenticator:
    """Looks tokens up in the object store, and caches valid ones for a few seconds."""

    def __init__(self, store: ObjectStore, failures_per_minute: int) -> None:
        self._store = store
        self._failures = RateLimits(failures_per_minute)
        self._seen: LRUCache[str, _Seen] = LRUCache(_CACHE_SIZE)  # by digest

    async def authenticate(self, token: str, address: str) -> TokenRecord:
        """The token's record. Raises Unauthorized or TooManyRequests.

        An address that has sent too many wrong tokens must wait, except with a token that was
        recently valid: others may share the address.
        """
        return await self.authenticate_digest(digest_of(token), address)

    async def authenticate_digest(self, digest: str, address: str) -> TokenRecord:
        """Like `authenticate`, but takes the token's digest."""
        seen = self._seen.get(digest)
        if seen is None:
            self._check_failures(address)
        elif monotonic() - seen.read_at < _CACHE_SECONDS and not seen.record.is_expired:
            return seen.record
        read_at = monotonic()
        record = await find_record(self._store, digest)
        if record is None:
            self._seen.pop(digest, None)
            self._failures.take(address)
            raise Unauthorized(
                "The token is unknown, revoked or expired: ask whoever runs this server for a new "
                "one."
            )
        self._seen[digest] = _Seen(record, read_at)
        return record

    def _check_failures(self, address: str) -> None:
        wait = self._failures.wait(address)
        if wait:
            raise TooManyRequests(
                "Too many wrong tokens were sent from this address "
                f"(REELBATCH_WRONG_TOKENS_PER_MINUTE): try again in {wait} seconds.",
                retry_after=wait,
            )


@dataclass(frozen=True)
class Quota:
    """The rest of a token's rate limit."""

    limit: int  # requests per minute, and in one burst
    remaining: int
    reset: int  # seconds until the full quota is available again
    retry_after: int = 0  # seconds until the next request is allowed; 0 if this one was

    def check(self) -> None:
        """Raises TooManyRequests."""
        if self.retry_after:
            raise TooManyRequests(
                f"This token may send {self.limit} requests a minute "
                "(REELBATCH_RATE_LIMIT_PER_MINUTE): "
                f"try again in {self.retry_after} seconds.",
                retry_after=self.retry_after,
            )


@dataclass
class _Bucket:
    content: float
    filled_at: float


class RateLimits:
    """An in-memory token bucket for each token or client address."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._limit = per_minute
        self._rate = per_minute / RATE_WINDOW  # requests a second
        self._clock = clock
        self._buckets: LRUCache[str, _Bucket] = LRUCache(_MAX_BUCKETS)

    def take(self, key: str) -> Quota:
        """Count one more request for `key`: a token's id, or a client's address."""
        wait = self.wait(key)
        bucket = self._filled(key)
        if wait:
            return Quota(self._limit, 0, self._until_full(bucket), retry_after=wait)
        bucket.content -= 1
        return Quota(self._limit, int(bucket.content), self._until_full(bucket))

    def wait(self, key: str) -> int:
        """Seconds until the next request is allowed; 0 if it is allowed now. Counts nothing."""
        missing = 1 - self._filled(key).content
        return math.ceil(missing / self._rate) if missing > 0 else 0

    def _filled(self, key: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(self._limit, now))
        gained = (now - bucket.filled_at) * self._rate
        bucket.content = min(self._limit, bucket.content + gained)
        bucket.filled_at = now
        return bucket

    def _until_full(self, bucket: _Bucket) -> int:
        return math.ceil((self._limit - bucket.content) / self._rate)
