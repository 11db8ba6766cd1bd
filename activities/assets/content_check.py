"""Detects servers that send a page or an error message instead of the requested file.

Servers may send a login page, or an error in JSON, with a status of 200. The content shows it; the
server's media type only matters if the content is a text at all.
"""

import codecs
import json
from pathlib import Path

_READ = 4096  # bytes
_PAGES = ("<!doctype html", "<html", "<head", "<body")
_TEXT_TYPES = {
    "text/html": "an HTML page",
    "application/xhtml+xml": "an HTML page",
    "application/json": "JSON",
    "application/problem+json": "JSON",
    "text/plain": "plain text",
}


def text_kind(file: Path, media_type: str) -> str | None:
    """`an HTML page`, `JSON` or `plain text` if the file is one of these, or else None."""
    with file.open("rb") as opened:
        start = opened.read(_READ)
    text = _as_text(start)
    if text is None:
        return None
    if text.lower().startswith(_PAGES):
        return "an HTML page"
    if text.startswith(("{", "[")) and (len(start) == _READ or _is_json(text)):
        return "JSON"
    return _TEXT_TYPES.get(media_type)


def _as_text(start: bytes) -> str | None:
    """The text, or None if it is not a text. Its last character may be cut off in the middle."""
    if b"\0" in start:
        return None
    try:
        decoded = codecs.getincrementaldecoder("utf-8-sig")().decode(start)
    except UnicodeDecodeError:
        return None
    return decoded.lstrip()


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
