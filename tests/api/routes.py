"""Every route of the API, so that tests of all routes include new ones."""

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
    """All endpoints, including those that are not in the OpenAPI document."""
    found = {
        Endpoint(method, route.path)
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
        if route.path
    }
    return sorted(found, key=str)


def team_endpoints(app: FastAPI) -> list[Endpoint]:
    """The endpoints that need a token."""
    return [endpoint for endpoint in endpoints(app) if endpoint.path.startswith("/api/")]
