"""A check of `reelbatch doctor`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """`look` returns what it found, or raises an error that says what is wrong and what to do."""

    subject: str
    look: Callable[[], Awaitable[str]]
