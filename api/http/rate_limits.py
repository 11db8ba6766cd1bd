"""How often somebody may do something: a bucket of allowances for each, in this process's memory.

Headers: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (revision 10).
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reelbatch.models.errors import TooManyRequests

_WINDOW = 60.0  # seconds
_MOST_BUCKETS = 10_000  # the ones that were unused for longest are full again by then


@dataclass(frozen=True)
class Quota:
    """What a token may still do."""

    limit: int  # requests in a minute, and at once
    remaining: int
    reset: int  # seconds until nothing is used any more
    retry_after: int = 0  # seconds until the next request is let through; 0 if this one was

    def check(self) -> None:
        """Raises TooManyRequests."""
        if self.retry_after:
            raise TooManyRequests(
                f"This token may send {self.limit} requests a minute: "
                f"try again in {self.retry_after} seconds.",
                retry_after=self.retry_after,
            )


@dataclass
class _Bucket:
    content: float
    filled_at: float


class RateLimits:
    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._limit = per_minute
        self._rate = per_minute / _WINDOW  # requests a second
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str) -> Quota:
        """Count one more. `key` is whose it is: a token's id, or a client's address."""
        wait = self.wait(key)
        bucket = self._filled(key)
        if wait:
            return Quota(self._limit, 0, self._until_full(bucket), retry_after=wait)
        bucket.content -= 1
        return Quota(self._limit, int(bucket.content), self._until_full(bucket))

    def wait(self, key: str) -> int:
        """Seconds until the next one is let through; 0 if it is now. Counts nothing."""
        missing = 1 - self._filled(key).content
        return math.ceil(missing / self._rate) if missing > 0 else 0

    def _filled(self, key: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(self._limit, now))
        self._buckets.move_to_end(key)
        while len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        gained = (now - bucket.filled_at) * self._rate
        bucket.content = min(self._limit, bucket.content + gained)
        bucket.filled_at = now
        return bucket

    def _until_full(self, bucket: _Bucket) -> int:
        return math.ceil((self._limit - bucket.content) / self._rate)


class RateLimitHeaders:
    """ASGI middleware: tells clients their quota, which the token's check has left in the state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_quota(message: Message) -> None:
            quota = scope.get("state", {}).get("quota")
            if message["type"] == "http.response.start" and isinstance(quota, Quota):
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = f'"token";q={quota.limit};w={_WINDOW:.0f}'
                headers["RateLimit"] = f'"token";r={quota.remaining};t={quota.reset}'
            await send(message)

        await self._app(scope, receive, send_with_quota)
