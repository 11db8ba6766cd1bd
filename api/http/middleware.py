"""Middleware for every request, from the outside in.

Security headers, CORS, a span, the log with the request's id, rate limit headers, HEAD, gzip, the
deadline for the body, and ETags.
"""

import asyncio
import re
import secrets
from time import perf_counter
from typing import Any

import anyio
import structlog
from fastapi import FastAPI
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.authentication import RATE_WINDOW, Quota
from api.http.compression import CompressedResponses
from api.http.conditional_reads import ConditionalReads
from api.http.errors import error_response
from api.metrics import ApiMetrics
from reelbatch.models.errors import BodyTooSlow, ReelbatchError
from reelbatch.settings import Settings
from reelbatch.telemetry import tracing

log = structlog.get_logger("api")

V2 = "/api/v2"
V3 = "/api/v3"
CODEC_PATH = "/codec"

# Every response has these, so that no browser ever treats it as one of our pages:
# https://owasp.org/www-project-secure-headers/. Endpoints whose responses are made for browsers set
# their own values, which take precedence.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # our URLs may be keys
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}

_PROBES = frozenset({"/healthz", "/readyz"})
_TRACE_HEADERS = ("traceparent", "tracestate")  # W3C Trace Context; baggage may contain anything
_SPAN_PARAMETERS = {"batch_id": "reelbatch.batch_id", "job_id": "reelbatch.job_id"}

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,128}$")
_HIDDEN = "signature"  # this path parameter grants access and stays out of the log

_NO_ROUTE = "unknown"

_tracer = trace.get_tracer("reelbatch")


def add_middleware(app: FastAPI, settings: Settings, metrics: ApiMetrics) -> None:
    app.add_middleware(ConditionalReads)  # the innermost one comes first
    app.add_middleware(BodyDeadline, seconds=settings.body_timeout)
    app.add_middleware(CompressedResponses, prefixes=(f"{V2}/", f"{V3}/"))
    app.add_middleware(HeadAsGet)
    if settings.rate_limit_per_minute:
        app.add_middleware(RateLimitHeaders)
    app.add_middleware(RequestLog, metrics=metrics)
    if tracing.is_on():
        app.add_middleware(RequestSpans)
    if settings.cors_origins:
        _allow_origins(app, settings.cors_origins)
    if settings.web_ui_origin:
        app.add_middleware(CodecCors, origin=settings.web_ui_origin)
    public_url = settings.public_url or ""
    app.add_middleware(SecurityHeaders, is_public_by_https=public_url.startswith("https://"))


class SecurityHeaders:
    """Adds headers for browsers; `is_public_by_https` says that clients only use HTTPS."""

    def __init__(self, app: ASGIApp, *, is_public_by_https: bool) -> None:
        self._app = app
        self._headers = SECURITY_HEADERS | (_HTTPS_ONLY if is_public_by_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _allow_origins(app: FastAPI, origins: list[str]) -> None:
    """Let web pages from these origins read responses. Cookies are not involved."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Encoding",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "If-Modified-Since",
            "If-None-Match",
            "If-Range",
            "If-Unmodified-Since",
            "Last-Event-ID",
            "Range",
            "X-Request-Id",
        ],
        expose_headers=[
            "Accept-Ranges",
            "Content-Disposition",
            "Content-Length",
            "Content-Range",
            "ETag",
            "Idempotency-Replayed",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "X-Request-Id",
        ],
    )


class CodecCors:
    """Lets the Temporal Web UI's pages, and no others, read the codec endpoints' responses."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._with_cors = CORSMiddleware(
            app,
            allow_origins=[origin.rstrip("/")],
            allow_methods=["POST"],
            allow_headers=("authorization", "authorization-extras", "content-type", "x-namespace"),
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_codec = scope["type"] == "http" and scope["path"].startswith(f"{CODEC_PATH}/")
        await (self._with_cors if is_codec else self._app)(scope, receive, send)


class RequestSpans:
    """A span around the request, as part of the client's or its proxy's trace if there is one.

    The span has the path's template, since the path itself may contain a signature.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        carrier = {name: headers[name] for name in _TRACE_HEADERS if name in headers}
        with _tracer.start_as_current_span(
            scope["method"], propagate.extract(carrier), kind=SpanKind.SERVER
        ) as span:

            async def send_and_note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            try:
                await self._app(scope, receive, send_and_note)
            finally:
                route = route_template(scope)
                span.update_name(f"{scope['method']} {route}")
                span.set_attributes({"http.request.method": scope["method"], "http.route": route})
                span.set_attributes(_span_ids(scope))


def _span_ids(scope: Scope) -> dict[str, str]:
    parameters: dict[str, Any] = scope.get("path_params") or {}
    return {
        attribute: str(parameters[name])
        for name, attribute in _SPAN_PARAMETERS.items()
        if name in parameters
    }


class RequestLog:
    """Request id, access log, metrics, and a 500 for unhandled exceptions."""

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
                    await error_response(ReelbatchError())(scope, receive, send_with_id)
                # Otherwise part of the response has been sent, and the server cuts it off.
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
    """The client's own id if it sent a harmless one, else a new one."""
    sent = Headers(scope=scope).get("x-request-id", "")
    return sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)


def _place(scope: Scope) -> dict[str, str]:
    """The route and its parameters, but not the raw path, which may contain a signature."""
    parameters: dict[str, Any] = scope.get("path_params") or {}
    return {
        "route": route_template(scope),
        **{name: str(value) for name, value in parameters.items() if name != _HIDDEN},
    }


class RateLimitHeaders:
    """Sends clients their quota, which authentication has stored in the request's state.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (revision 10)
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_quota(message: Message) -> None:
            quota = scope.get("state", {}).get("quota")
            if message["type"] == "http.response.start" and isinstance(quota, Quota):
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = f'"token";q={quota.limit};w={RATE_WINDOW:.0f}'
                headers["RateLimit"] = f'"token";r={quota.remaining};t={quota.reset}'
            await send(message)

        await self._app(scope, receive, send_with_quota)


class BodyDeadline:
    """Raises BodyTooSlow for code that still waits for the body after `seconds`."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = asyncio.get_running_loop().time() + self._seconds
        is_complete = is_responding = False

        async def receive_in_time() -> Message:
            nonlocal is_complete
            if is_complete:  # only the end of the connection can follow, at any time
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                if is_responding:  # nobody reads the body; the server is about to hang up
                    return {"type": "http.disconnect"}
                raise BodyTooSlow(
                    f"The body was not complete after {self._seconds:g} seconds"
                    " (REELBATCH_BODY_TIMEOUT)."
                ) from None
            is_complete = not message.get("more_body", False)
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal is_responding
            is_responding = True
            await send(message)

        await self._app(scope, receive_in_time, send_and_note)


class HeadAsGet:
    """HEAD for every GET (RFC 9110, 9.3.2); the endpoint is cancelled once it has sent headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        inner = {**scope, "method": "GET"}
        with anyio.CancelScope() as rest:

            async def send_head(message: Message) -> None:
                if not rest.cancel_called:
                    await send(message)
                    await send({"type": "http.response.body"})
                    rest.cancel()

            try:
                await self._app(inner, receive, send_head)
            finally:  # such as the route, for the log
                scope.update({name: inner[name] for name in inner if name != "method"})


def route_template(scope: Scope) -> str:
    """The path's template, such as `/api/v2/batches/{batch_id}`; `unknown` without a route.

    A route in a router may only know the part of the path below that router's prefix.
    """
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is None:
        return _NO_ROUTE
    prefixes = (prefix for prefix in (V2, V3) if scope["path"].startswith(f"{prefix}/"))
    prefix = next(prefixes, "")
    return path if path.startswith(prefix) else prefix + path
