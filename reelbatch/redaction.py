"""Removes credentials from log events just before they are written.

There should be none left at that point, but libraries' messages, tracebacks and clients' URLs are
logged too.
"""

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, cast

from structlog.typing import EventDict, WrappedLogger

LONGEST = 16_384
"""The number of characters of a value that are logged; searching any more would be wasted time."""

_PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\brb_[A-Za-z0-9_-]{8,}"), "rb_…"),  # tokens
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), r"\1 …"),
    # Signed links: everything after the id. A route with its parameters in braces is not a link.
    (re.compile(r"(/(?:outputs|uploads|downloads)/[^/\s{]+/[^/\s{]+)/[^\s\"'\\?#<>{]+"), r"\1/…"),
    (re.compile(r"\b(https?://)[^/\s@\"'\\]+@", re.IGNORECASE), r"\1…@"),
    # The query is optional: otherwise each of many adjacent URLs would be scanned to the end.
    (
        re.compile(r"(\bhttps?://[^\s?#\"'\\<>]++)(\?[^\s\"'\\<>]*+)?", re.IGNORECASE),
        lambda match: f"{match[1]}?…" if match[2] else match[1],
    ),
)
_OWN = frozenset({"level", "logger", "timestamp"})

_redact_known: ContextVar[Callable[[str], str] | None] = ContextVar("redact_known", default=None)


def redact_with(redact: Callable[[str], str]) -> None:
    """From now on, also pass what this task logs through `redact`, which knows further secrets."""
    _redact_known.set(redact)


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A structlog processor. It must come after the one that turns tracebacks into text."""
    return {key: value if key in _OWN else _redacted(value) for key, value in event.items()}


def _redacted(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        fields = cast("Mapping[Any, Any]", value)
        return {key: _redacted(field) for key, field in fields.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(item) for item in cast("list[Any]", value)]
    return redacted_text(value if isinstance(value, str) else repr(value))


def redacted_text(text: str) -> str:
    """The text without its credentials."""
    redact_known = _redact_known.get()
    if redact_known is not None:
        text = redact_known(text)
    if len(text) > LONGEST:
        text = f"{_whole_words(text[:LONGEST])} … ({len(text)} characters)"
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _whole_words(text: str) -> str:
    """The text without its last word, which may be part of a credential that no pattern matches."""
    words = text.rsplit(maxsplit=1)
    return words[0] if len(words) > 1 else ""
