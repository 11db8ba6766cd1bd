"""Clients' words in the Temporal Web UI's Markdown: shown as they are, without effect."""

import re

# What begins a link, picture or tag. A backslash before it could belong to an address, which the
# Web UI makes a link of by itself, and would be none then.
_OPENING = re.compile(r"[<>\[\]]|&(?=[#\w])")
# What begins code, a table's cell or emphasis in the middle of a line.
_STYLING = re.compile(r"[\\`*|~]|(?<!\w)_|_(?!\w)")


def plain(text: str) -> str:
    """`text` on one line, with its punctuation escaped."""
    styled = _STYLING.sub(r"\\\g<0>", " ".join(text.split()))
    return _OPENING.sub(lambda found: f"&#{ord(found[0])};", styled)
