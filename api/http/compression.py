"""Middleware: gzip for the API's complete responses, if the client accepts it."""

import asyncio
import gzip
import re
from contextlib import suppress
from functools import partial

from cachetools import LRUCache
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REFUSED = re.compile(r"\bgzip\s*;\s*q=0(\.0*)?\s*(,|$)", re.IGNORECASE)
_LEAST_BYTES = 1024
_IN_THREAD = 64 * 1024  # bytes, which take a millisecond
_MAX_BYTES = 16 * 1024**2  # of compressed contents in memory

_compress = partial(gzip.compress, compresslevel=3, mtime=0)  # half the cost of level 5


class CompressedResponses:
    """Compresses responses, and caches the result by ETag: clients poll what seldom changes.

    Streams stay as they are, since events must not wait and archives are compressed already. Paths
    without one of the `prefixes` lead to files, which stay as they are for range requests.
    """

    def __init__(self, app: ASGIApp, *, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes
        self._compressed: LRUCache[str, bytes] = LRUCache(_MAX_BYTES, len)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefixes):
            await self._app(scope, receive, send)
            return
        encodings = Headers(scope=scope).get("accept-encoding", "").lower()
        is_accepted = "gzip" in encodings and not _REFUSED.search(encodings)
        held_back: Message | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal held_back
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Vary", "Accept-Encoding")
                if is_accepted and _is_large(message):
                    held_back = message
                    return
            if held_back is not None:
                start, held_back = held_back, None
                message = await self._compressed_body(start, message)
                await send(start)
            await send(message)

        await self._app(scope, receive, send_compressed)

    async def _compressed_body(self, start: Message, body: Message) -> Message:
        """The compressed body, for which the headers of `start` are changed."""
        headers = MutableHeaders(scope=start)
        content, tag = body["body"], headers.get("etag")
        compressed = self._compressed.get(tag) if tag else None
        if compressed is None:
            is_short = len(content) < _IN_THREAD
            compressed = (
                _compress(content) if is_short else await asyncio.to_thread(_compress, content)
            )
            with suppress(ValueError):  # it is too large for the cache
                self._compressed.update({tag: compressed} if tag else {})
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(compressed))
        return {**body, "body": compressed}


def _is_large(start: Message) -> bool:
    """Return whether the content is large and follows in one message, since its length is known."""
    headers = Headers(scope=start)
    length = int(headers.get("content-length", 0))
    return length >= _LEAST_BYTES and "content-encoding" not in headers
