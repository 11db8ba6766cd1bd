"""Middleware: adds weak ETags to complete responses and evaluates the request's conditions.

The response becomes a 304 if the client has the content already, and a 412 if it expects another
version.
"""

from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import error_response
from reelbatch.models.errors import PreconditionFailed

_CONTENT_HEADERS = ("content-length", "content-type")


class ConditionalReads:
    """Avoids sending content again that has not changed: clients poll batches and lists.

    Streamed responses and those with a strong ETag pass through unchanged. If an endpoint has set a
    weak ETag, it is used instead of a hash of the content.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        requested = Headers(scope=scope)
        held_back: Message | None = None

        async def send_if_changed(message: Message) -> None:
            nonlocal held_back
            if message["type"] == "http.response.start" and _is_complete(message):
                held_back = message
                return
            if held_back is not None:
                start, held_back = held_back, None
                tag = Headers(raw=start["headers"]).get("etag") or tag_of(message["body"])
                if not is_expected(requested.get("if-match"), tag):
                    await error_response(PreconditionFailed())(scope, receive, send)
                    return
                message = _with_tag(start, message, tag, requested.get("if-none-match", ""))
                await send(start)
            await send(message)

        await self._app(scope, receive, send_if_changed)


def matches_tag(condition: str, tag: str) -> bool:
    """Return whether If-None-Match names the tag, by weak comparison (RFC 9110, 8.8.3.2)."""
    named = {each.removeprefix("W/") for each in _named(condition)}
    return not named.isdisjoint({"*", tag.removeprefix("W/")})


def is_expected(condition: str | None, tag: str) -> bool:
    """Return whether If-Match is missing or names the tag, which weak tags never match."""
    expected = {"*"} if tag.startswith("W/") else {"*", tag}
    return condition is None or not expected.isdisjoint(_named(condition))


def _named(condition: str) -> list[str]:
    return [each.strip() for each in condition.split(",")]


def tag_of(content: bytes) -> str:
    """A weak ETag, since the content may be sent compressed."""
    return f'W/"{sha256(content).hexdigest()[:32]}"'


def _is_complete(start: Message) -> bool:
    """Return whether the content follows in one message, as it does if its length is known."""
    headers = Headers(raw=start["headers"])
    is_weak = headers.get("etag", "W/").startswith("W/")
    return start["status"] == 200 and "content-length" in headers and is_weak


def _with_tag(start: Message, body: Message, tag: str, condition: str) -> Message:
    """Add the tag to `start`. The body to send is empty if `condition` names the tag."""
    headers = MutableHeaders(raw=start["headers"])
    headers["ETag"] = tag
    if not matches_tag(condition, tag):
        return body
    start["status"] = 304
    for name in _CONTENT_HEADERS:
        del headers[name]
    return {"type": "http.response.body", "body": b""}
