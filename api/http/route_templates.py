"""The template of a request's path, which logs, metrics and spans show in the place of the path."""

from starlette.types import Scope

V2 = "/api/v2"
V3 = "/api/v3"

NO_ROUTE = "unknown"


def route_template(scope: Scope) -> str:
    """Such as `/api/v2/batches/{batch_id}`, once the request was routed; `unknown` if it was not.

    A route in a router may know only the part of it below that router's prefix.
    """
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is None:
        return NO_ROUTE
    prefixes = (prefix for prefix in (V2, V3) if scope["path"].startswith(f"{prefix}/"))
    prefix = next(prefixes, "")
    return path if path.startswith(prefix) else prefix + path
