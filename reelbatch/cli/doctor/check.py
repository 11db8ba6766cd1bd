"""What a check of `reelbatch doctor` is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """`look` returns what is there, or raises an error that says what is wrong and the way out."""

    subject: str
    look: Callable[[], Awaitable[str]]
