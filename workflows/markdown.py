"""Clients' texts in the Temporal Web UI's Markdown: escaped, and short enough for Temporal.

Temporal rejects a summary of more than 400 bytes, or details of more than 20,000. Both count as
payloads: in JSON, and possibly encrypted, which adds up to 227 bytes with the longest names of a
team and a key.
"""

import json
import re

MAX_SUMMARY, MAX_DETAILS = 170, 19_700
"""Bytes of the text in JSON, without the quotes."""

# Characters that begin a link, picture or tag. Backslashes cannot escape them: the Web UI turns
# addresses into links by itself, and a backslash in an address would prevent that.
_OPENING = re.compile(r"[<>\[\]]|&(?=[#\w])")
_SEPARATOR = " · "
_UNDIVIDED = re.compile(r"&#\d+;|\\.|.", re.DOTALL)  # a sequence shown as one character
# Characters that begin code, a table's cell or emphasis in the middle of a line.
_STYLING = re.compile(r"[\\`*|~]|(?<!\w)_|_(?!\w)")


def plain(text: str) -> str:
    """`text` on one line, with its punctuation escaped."""
    styled = _STYLING.sub(r"\\\g<0>", " ".join(text.split()))
    return _OPENING.sub(lambda found: f"&#{ord(found[0])};", styled)


def shortened(markdown: str, most: int) -> str:
    """`markdown` cut to `most` bytes in JSON, with an ellipsis if anything was cut off."""
    if _size(markdown) <= most:
        return markdown
    beginning, left = "", most - _size("…")
    for character in _UNDIVIDED.findall(markdown):
        left -= _size(character)
        if left < 0:
            break
        beginning += character
    return f"{beginning}…"


def headline(*parts: str, flexible: int = 0) -> str:
    """Join the `parts` that are not empty in one line; the one numbered `flexible` is shortened."""
    before, after = parts[:flexible], parts[flexible + 1 :]
    others = _SEPARATOR.join(filter(None, (*before, "…", *after)))
    room = MAX_SUMMARY - _size(others)
    fitting = shortened(parts[flexible], max(room, 0))
    return _SEPARATOR.join(filter(None, (*before, fitting, *after)))


def _size(text: str) -> int:
    """The bytes of `text` in JSON, without the quotes."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - 2
