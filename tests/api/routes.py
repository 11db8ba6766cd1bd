"""Every route of the API, so that a test of all of them cannot forget a new one."""

from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str  # a template, such as /api/v2/jobs/{job_id}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def endpoints(app: FastAPI) -> list[Endpoint]:
    """Also those that the OpenAPI document does not show."""
    found = {
        Endpoint(method, route.path)
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
        if route.path
    }
    return sorted(found, key=str)


def team_endpoints(app: FastAPI) -> list[Endpoint]:
    """Those that need a token."""
    return [endpoint for endpoint in endpoints(app) if endpoint.path.startswith("/api/")]
