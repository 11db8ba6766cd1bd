"""A span around every request, in the trace that the client or its proxy has begun, if it has."""

from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.route_templates import route_template

_tracer = trace.get_tracer("reelbatch")

_PROBES = frozenset({"/healthz", "/readyz"})
_CARRIERS = ("traceparent", "tracestate")  # W3C Trace Context; baggage may hold anything
_PARAMETERS = {"batch_id": "reelbatch.batch_id", "job_id": "reelbatch.job_id"}


class RequestSpans:
    """ASGI middleware. Spans show the path's template, since a path may hold a signature."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        carrier = {name: headers[name] for name in _CARRIERS if name in headers}
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
                span.set_attributes(_identity(scope))


def _identity(scope: Scope) -> dict[str, str]:
    parameters: dict[str, Any] = scope.get("path_params") or {}
    return {
        attribute: str(parameters[name])
        for name, attribute in _PARAMETERS.items()
        if name in parameters
    }
