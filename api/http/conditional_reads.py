"""Middleware: a weak ETag for each complete answer of a read, and a 304 where the client has it."""

from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OF_THE_CONTENT = ("content-length", "content-type")


class ConditionalReads:
    """Clients poll batches and lists. What has not changed since the last time is not sent again.

    Responses that are streamed, and those with an ETag of their own, stay as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        condition = Headers(scope=scope).get("if-none-match", "")
        held_back: Message | None = None

        async def send_if_changed(message: Message) -> None:
            nonlocal held_back
            if message["type"] == "http.response.start" and _is_complete(message):
                held_back = message
                return
            if held_back is not None:
                start, held_back = held_back, None
                message = _with_tag(start, message, condition)
                await send(start)
            await send(message)

        await self._app(scope, receive, send_if_changed)


def matches_tag(condition: str, tag: str) -> bool:
    """Whether If-None-Match names the tag, as weak ones compare (RFC 9110, 8.8.3.2)."""
    named = {each.strip().removeprefix("W/") for each in condition.split(",")}
    return not named.isdisjoint({"*", tag.removeprefix("W/")})


def _is_complete(start: Message) -> bool:
    """Whether the whole content follows at once: only its length is known ahead."""
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and "content-length" in headers and "etag" not in headers


def _with_tag(start: Message, body: Message, condition: str) -> Message:
    """The body to send, none where `condition` names the tag that `start` gets."""
    headers = MutableHeaders(raw=start["headers"])
    tag = f'W/"{sha256(body["body"]).hexdigest()[:32]}"'
    headers["ETag"] = tag
    if not matches_tag(condition, tag):
        return body
    start["status"] = 304
    for name in _OF_THE_CONTENT:
        del headers[name]
    return {"type": "http.response.body", "body": b""}
