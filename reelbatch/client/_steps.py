"""The client's operations as steps, which a driver performs: one for threads, one for asyncio.

An operation is a generator. It yields a step and is sent the result, or the step's error is thrown
into it. It reads like ordinary code, and does not depend on how the driver waits.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import httpx

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """A request, independent of any HTTP library."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    query: Mapping[str, str | list[str]] = field(default_factory=dict[str, str | list[str]])
    content: bytes | None = field(default=None, repr=False)
    files: Mapping[str, tuple[str, bytes] | tuple[str, bytes, str]] | None = field(
        default=None, repr=False
    )  # file name, content and, optionally, media type of each
    form: Mapping[str, str] | None = None
    silence: float = 60.0  # seconds without a byte, after which the connection counts as broken
    follows_redirects: bool = False
    is_repeatable: bool = True  # whether a second one is harmless even if the first has arrived


@dataclass(frozen=True)
class Send:
    """Its result is the response, read to its end. Raises httpx.TransportError."""

    request: Request
    opens: bool = False  # leave the body of a success to `Read`


@dataclass(frozen=True)
class Read:
    """Its result is an open response's next bytes; None at the end. Raises httpx.TransportError."""

    response: httpx.Response


@dataclass(frozen=True)
class Close:
    """Closes an open response early. Drivers close what an operation leaves open."""

    response: httpx.Response


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Do:
    """Its result is what `work` returns. Work with files must not block an event loop."""

    work: Callable[[], Any]


@dataclass(frozen=True)
class Emit(Generic[T]):
    """Hands a value to the caller, who iterates."""

    value: T


Step: TypeAlias = Send | Read | Close | Pause | Do
Steps: TypeAlias = Generator[Step, Any, T]
"""An operation with one result."""
Flow: TypeAlias = Generator[Step | Emit[T], Any, None]
"""An operation with many results."""


def do(work: Callable[[], T]) -> Steps[T]:
    return (yield Do(work))


def read(response: httpx.Response) -> Steps[bytes | None]:
    return (yield Read(response))
