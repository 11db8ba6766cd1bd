"""The information in a response about the part of the service that has failed."""

import httpx
import pytest
from fastapi import FastAPI
from obstore.exceptions import GenericError, PermissionDeniedError
from temporalio.service import RPCError, RPCStatusCode

from api.http.errors import add_error_handlers


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RPCError("limit", RPCStatusCode.RESOURCE_EXHAUSTED, b""), "is at its request limit"),
        (RPCError("gone", RPCStatusCode.UNAVAILABLE, b""), "Temporal server does not respond"),
        (PermissionDeniedError("no"), "must check its credentials"),
        (GenericError("gone"), "object store does not respond"),
    ],
)
async def test_a_503_names_the_real_reason(error: Exception, reason: str) -> None:
    app = FastAPI()
    add_error_handlers(app)

    @app.get("/")
    def fail() -> None:  # pyright: ignore[reportUnusedFunction]  the framework calls it
        raise error

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        response = await http.get("/")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert reason in response.json()["error"]
