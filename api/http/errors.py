"""Turns every error into the contract's JSON: `error`, `errorCode`, and `details` about fields."""

from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from obstore.exceptions import BaseError as ObjectStoreError
from obstore.exceptions import PermissionDeniedError, UnauthenticatedError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from temporalio.service import RPCError, RPCStatusCode

from api.http.requests import parameter_error
from api.http.responses import respond
from reelbatch.models.errors import (
    NotFound,
    ReelbatchError,
    RequestError,
    Unauthorized,
    Unavailable,
)
from reelbatch.models.wire.base import Absent, WireModel
from reelbatch.models.wire.errors import FieldError

log = structlog.get_logger("api")

_PAUSE = 1  # seconds until a client may retry after a 503
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# A query or a long poll that times out ends as CANCELLED or DEADLINE_EXCEEDED.
_TRANSIENT = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
    }
)


class ErrorAnswer(WireModel):
    """The body of the response to every failed request."""

    error: str
    error_code: str
    details: Absent[list[FieldError]] = None


def error_response(error: ReelbatchError) -> Response:
    body = ErrorAnswer(
        error=error.message, error_code=error.error_code, details=list(error.details) or None
    )
    headers: dict[str, str] = {}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    pause = _PAUSE if isinstance(error, Unavailable) else error.retry_after
    if pause is not None:
        headers["Retry-After"] = str(pause)
    return respond(body, error.status, headers)


def documented(*errors: type[ReelbatchError]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of an endpoint's own errors, without those that all endpoints have."""
    entries: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        text = f"{error.error_code}: {(error.__doc__ or '').strip()}"
        known = entries.get(error.status)
        description = f"{known['description']}\n\n{text}" if known else text
        entries[error.status] = {"model": ErrorAnswer, "description": description}
    return entries


def add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ReelbatchError)
    async def _(_: Request, error: ReelbatchError) -> Response:
        if error.status >= 500:
            log.error("request failed", error=error.message, error_code=error.error_code)
        return error_response(error)

    @app.exception_handler(RPCError)
    async def _(_: Request, error: RPCError) -> Response:
        if error.status not in _TRANSIENT:
            raise error
        log.warning("Temporal does not respond", reason=error.message, status=error.status.name)
        return error_response(temporal_unavailable(error))

    @app.exception_handler(ObjectStoreError)
    async def _(_: Request, error: Exception) -> Response:
        log.warning("the object store does not respond", reason=str(error))
        return error_response(store_unavailable(error))

    @app.exception_handler(RequestValidationError)
    async def _(_: Request, error: RequestValidationError) -> Response:
        return error_response(parameter_error(error))

    @app.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> Response:
        return _http_error(request, error)


def temporal_unavailable(error: Exception) -> Unavailable:
    """The reason why Temporal does not respond, as far as a client may know."""
    if isinstance(error, RPCError) and error.status is RPCStatusCode.RESOURCE_EXHAUSTED:
        return Unavailable("The Temporal server is at its request limit; try again in a moment.")
    return Unavailable("The Temporal server does not respond; try again.")


def store_unavailable(error: Exception) -> Unavailable:
    """The reason why the object store does not respond, as far as a client may know."""
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return Unavailable(
            "The object store denies access: whoever runs this server must check its credentials."
        )
    return Unavailable("The object store does not respond; try again.")


def _http_error(request: Request, error: HTTPException) -> Response:
    """The framework's own errors, such as 404 for an unknown path."""
    if error.status_code == 404:
        return error_response(_nothing_at(request))
    if error.status_code == 405:
        body = ErrorAnswer(
            error="This address does not support this method; the Allow header lists those that it "
            "does.",
            error_code="METHOD_NOT_ALLOWED",
        )
        return respond(body, 405, {"Allow": ", ".join(sorted(_methods_at(request)))})
    body = ErrorAnswer(error=str(error.detail), error_code=RequestError.error_code)
    return respond(body, error.status_code, error.headers)


def _nothing_at(request: Request) -> NotFound:
    """A 404 that also helps clients whose base URL is incomplete."""
    if request.url.path.startswith(("/api/v2/", "/api/v3/")):
        return NotFound()
    return NotFound(
        "There is nothing at this address. The base URL for clients is the server's URL followed "
        "by /api/v2."
    )


def _methods_at(request: Request) -> set[str]:
    """All methods of the request's address; the framework's 405 only knows the first route."""
    methods = {
        method
        for method in _METHODS
        for route in request.app.routes
        if not isinstance(route, Mount)
        and route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    return methods | {"HEAD"} if "GET" in methods else methods
