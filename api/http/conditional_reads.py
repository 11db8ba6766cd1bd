"""Middleware: a weak ETag for each complete answer of a read, and what conditions make of it.

That is a 304 where the client has it already, and a 412 where it expects another one.
"""

from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import error_response
from reelbatch.models.errors import PreconditionFailed

_OF_THE_CONTENT = ("content-length", "content-type")


class ConditionalReads:
    """Clients poll batches and lists. What has not changed since the last time is not sent again.

    Responses that are streamed, and those with a strong ETag of their own, stay as they are; a
    weak one spares looking at the content.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        held_back: Message | None = None

        async def send_if_changed(message: Message) -> None:
            nonlocal held_back
            if message["type"] == "http.response.start" and _is_complete(message):
                held_back = message
                return
            if held_back is not None:
                start, held_back = held_back, None
                tag = Headers(raw=start["headers"]).get("etag") or tag_of(message["body"])
                if not is_expected(asked.get("if-match"), tag):
                    await error_response(PreconditionFailed())(scope, receive, send)
                    return
                message = _with_tag(start, message, tag, asked.get("if-none-match", ""))
                await send(start)
            await send(message)

        await self._app(scope, receive, send_if_changed)


def matches_tag(condition: str, tag: str) -> bool:
    """Whether If-None-Match names the tag, as weak ones compare (RFC 9110, 8.8.3.2)."""
    named = {each.removeprefix("W/") for each in _named(condition)}
    return not named.isdisjoint({"*", tag.removeprefix("W/")})


def is_expected(condition: str | None, tag: str) -> bool:
    """Whether If-Match, where it is sent, names the tag, which no weak one is equal to."""
    expected = {"*"} if tag.startswith("W/") else {"*", tag}
    return condition is None or not expected.isdisjoint(_named(condition))


def _named(condition: str) -> list[str]:
    return [each.strip() for each in condition.split(",")]


def tag_of(content: bytes) -> str:
    """Weak, since the content may be sent packed."""
    return f'W/"{sha256(content).hexdigest()[:32]}"'


def _is_complete(start: Message) -> bool:
    """Whether the whole content follows at once: only its length is known ahead."""
    headers = Headers(raw=start["headers"])
    is_weak = headers.get("etag", "W/").startswith("W/")
    return start["status"] == 200 and "content-length" in headers and is_weak


def _with_tag(start: Message, body: Message, tag: str, condition: str) -> Message:
    """The body to send, none where `condition` names the tag that `start` gets."""
    headers = MutableHeaders(raw=start["headers"])
    headers["ETag"] = tag
    if not matches_tag(condition, tag):
        return body
    start["status"] = 304
    for name in _OF_THE_CONTENT:
        del headers[name]
    return {"type": "http.response.body", "body": b""}
