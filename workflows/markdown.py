"""Clients' words in the Temporal Web UI's Markdown: shown as they are, without effect.

Temporal refuses to start what has a summary of more than 400 bytes, or details of more than 20,000,
as payloads: in JSON, and perhaps encrypted, which adds up to 227 bytes with the longest names of a
team and a key.
"""

import json
import re

MOST_SUMMARY, MOST_DETAILS = 170, 19_700
"""Bytes in JSON, without its quotes."""

# What begins a link, picture or tag. A backslash before it could belong to an address, which the
# Web UI makes a link of by itself, and would be none then.
_OPENING = re.compile(r"[<>\[\]]|&(?=[#\w])")
_SEPARATOR = " · "
_UNDIVIDED = re.compile(r"&#\d+;|\\.|.", re.DOTALL)  # what is shown as one character
# What begins code, a table's cell or emphasis in the middle of a line.
_STYLING = re.compile(r"[\\`*|~]|(?<!\w)_|_(?!\w)")


def plain(text: str) -> str:
    """`text` on one line, with its punctuation escaped."""
    styled = _STYLING.sub(r"\\\g<0>", " ".join(text.split()))
    return _OPENING.sub(lambda found: f"&#{ord(found[0])};", styled)


def shortened(markdown: str, most: int) -> str:
    """The beginning of `markdown`, with an ellipsis where that is not all: `most` bytes in JSON."""
    if _size(markdown) <= most:
        return markdown
    kept, left = "", most - _size("…")
    for character in _UNDIVIDED.findall(markdown):
        left -= _size(character)
        if left < 0:
            break
        kept += character
    return f"{kept}…"


def headline(*parts: str, flexible: int = 0) -> str:
    """A line of those `parts` that are there; the `flexible` one is shortened where it is long."""
    before, after = parts[:flexible], parts[flexible + 1 :]
    others = _SEPARATOR.join(filter(None, (*before, "…", *after)))
    room = MOST_SUMMARY - _size(others)
    fitting = shortened(parts[flexible], max(room, 0))
    return _SEPARATOR.join(filter(None, (*before, fitting, *after)))


def _size(text: str) -> int:
    """In JSON, without the quotes."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - 2
