"""Middleware: gzip for the API's complete answers, to those who take it."""

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
_MOST_BYTES = 16 * 1024**2  # of packed contents in memory

_pack = partial(gzip.compress, compresslevel=3, mtime=0)  # half of what level 5 costs


class PackedAnswers:
    """Remembers what it has packed by its ETag: clients poll what seldom changes.

    Streams stay as they are: events must not wait, and archives are packed already. Addresses
    without one of the `prefixes` are those of files, which stay whole for their parts.
    """

    def __init__(self, app: ASGIApp, *, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes
        self._packed: LRUCache[str, bytes] = LRUCache(_MOST_BYTES, len)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefixes):
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("accept-encoding", "").lower()
        is_taken = "gzip" in asked and not _REFUSED.search(asked)
        held_back: Message | None = None

        async def send_packed(message: Message) -> None:
            nonlocal held_back
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Vary", "Accept-Encoding")
                if is_taken and _is_large(message):
                    held_back = message
                    return
            if held_back is not None:
                start, held_back = held_back, None
                message = await self._with_packed(start, message)
                await send(start)
            await send(message)

        await self._app(scope, receive, send_packed)

    async def _with_packed(self, start: Message, body: Message) -> Message:
        """The body to send after `start`, whose headers tell of it then."""
        headers = MutableHeaders(scope=start)
        content, tag = body["body"], headers.get("etag")
        packed = self._packed.get(tag) if tag else None
        if packed is None:
            is_short = len(content) < _IN_THREAD
            packed = _pack(content) if is_short else await asyncio.to_thread(_pack, content)
            with suppress(ValueError):  # it is too large to be remembered
                self._packed.update({tag: packed} if tag else {})
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(packed))
        return {**body, "body": packed}


def _is_large(start: Message) -> bool:
    """Whether the whole content follows at once, since its length is known, and is worth it."""
    headers = Headers(scope=start)
    length = int(headers.get("content-length", 0))
    return length >= _LEAST_BYTES and "content-encoding" not in headers
