"""Around every request: an id that the answer and the log share, its metrics, and a last net for
bugs.
"""

import re
import secrets
from time import perf_counter
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import error_answer
from api.http.metrics import ApiMetrics
from api.http.route_templates import route_template
from reelbatch.models.errors import ReelbatchError

log = structlog.get_logger("api")

_ID = re.compile(r"^[A-Za-z0-9._-]{1,128}$")
_HIDDEN = "signature"  # this path parameter opens a door and stays out of the log


class RequestLog:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        status: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        started = perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except ClientDisconnect:
                log.info("the client left before its request was complete")
            except Exception:
                log.exception("unexpected error", method=scope["method"], **_place(scope))
                if status is None:
                    await error_answer(ReelbatchError())(scope, receive, send_with_id)
                # Else half an answer is out, and the server breaks it off.
            seconds = perf_counter() - started
            place = _place(scope)
            self._metrics.note_request(scope["method"], place["route"], status, seconds)
            log.info(
                "request",
                method=scope["method"],
                status=status,
                milliseconds=round(1000 * seconds),
                **place,
            )


def _request_id(scope: Scope) -> str:
    """The client's own id if it sent a harmless one."""
    sent = Headers(scope=scope).get("x-request-id", "")
    return sent if _ID.fullmatch(sent) else secrets.token_hex(8)


def _place(scope: Scope) -> dict[str, str]:
    """The route and its parameters: a raw path may hold a signature."""
    parameters: dict[str, Any] = scope.get("path_params") or {}
    return {
        "route": route_template(scope),
        **{name: str(value) for name, value in parameters.items() if name != _HIDDEN},
    }
