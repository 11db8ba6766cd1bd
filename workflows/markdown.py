"""Clients' words in the Temporal Web UI's Markdown: shown as they are, without effect."""

import re

# What begins a link, picture, tag, code, table cell or emphasis in the middle of a line.
_ACTIVE = re.compile(r"[\\`*\[\]<>&|~]|(?<!\w)_|_(?!\w)")


def plain(text: str) -> str:
    """`text` on one line, with its punctuation escaped."""
    return _ACTIVE.sub(r"\\\g<0>", " ".join(text.split()))
