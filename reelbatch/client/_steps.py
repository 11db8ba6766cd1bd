"""What the client does, as steps that a driver carries out: one with threads, one with asyncio.

An operation is a generator. It yields a step and is sent what came of it, or has the step's error
thrown in, so that it reads as ordinary code and knows nothing of how the driver waits.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import httpx

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """A request, before any HTTP library has seen it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    query: Mapping[str, str | list[str]] = field(default_factory=dict[str, str | list[str]])
    content: bytes | None = field(default=None, repr=False)
    files: Mapping[str, tuple[str, bytes] | tuple[str, bytes, str]] | None = field(
        default=None, repr=False
    )  # each with its name, and perhaps its media type
    form: Mapping[str, str] | None = None
    silence: float = 60.0  # seconds without a byte after which the connection counts as broken
    follows_redirects: bool = False
    is_repeatable: bool = True  # whether a second one does no harm if the first arrived after all


@dataclass(frozen=True)
class Send:
    """Sent the answer, read to its end. Raises httpx.TransportError."""

    request: Request
    opens: bool = False  # instead: of a success nothing is read, it is left to `Read`


@dataclass(frozen=True)
class Read:
    """Sent the next bytes of an opened answer, None at its end. Raises httpx.TransportError."""

    response: httpx.Response


@dataclass(frozen=True)
class Close:
    """Ends an opened answer early. Drivers close what an operation leaves open."""

    response: httpx.Response


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Do:
    """Sent what `work` returns. It is about files, and must not hold an event loop up."""

    work: Callable[[], Any]


@dataclass(frozen=True)
class Emit(Generic[T]):
    """Hands a value to whoever iterates."""

    value: T


Step: TypeAlias = Send | Read | Close | Pause | Do
Steps: TypeAlias = Generator[Step, Any, T]
"""An operation with one result."""
Flow: TypeAlias = Generator[Step | Emit[T], Any, None]
"""An operation with many."""


def do(work: Callable[[], T]) -> Steps[T]:
    return (yield Do(work))


def read(response: httpx.Response) -> Steps[bytes | None]:
    return (yield Read(response))
