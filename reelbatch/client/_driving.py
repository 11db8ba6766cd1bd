"""Functions that the two drivers share."""

import inspect
from collections.abc import Callable
from typing import Any, get_args, get_origin

import httpx

from reelbatch.client._steps import Emit, Request
from reelbatch.version import VERSION

CONNECT_TIMEOUT = 5.0  # seconds


def http_request(http: httpx.Client | httpx.AsyncClient, request: Request) -> httpx.Request:
    headers = {"User-Agent": f"reelbatch-python/{VERSION}", **request.headers}
    if request.files is not None:
        headers.pop("Content-Type", None)
    return http.build_request(
        request.method,
        request.url,
        headers=headers,
        params=dict(request.query) or None,
        content=request.content,
        files=request.files,
        data=request.form,
        timeout=httpx.Timeout(request.silence, connect=CONNECT_TIMEOUT),
    )


def describe(
    method: Callable[..., Any],
    operation: Callable[..., Any],
    *,
    kind: Any = None,
    returned: Any = None,
) -> None:
    """Let `help` and editors show what `method` returns to its caller, instead of its steps.

    That is `returned`, or else the operation's result; `kind` is the type of an iterator.
    """
    signature = inspect.signature(operation)
    yielded, _, result = get_args(signature.return_annotation)
    if kind is not None:
        emitted = next(part for part in get_args(yielded) if get_origin(part) is Emit)
        result = kind[get_args(emitted)]
    first, *others = signature.parameters.values()
    itself = first.replace(name="self", annotation=first.empty)
    vars(method)["__signature__"] = signature.replace(
        parameters=[itself, *others], return_annotation=returned or result
    )
