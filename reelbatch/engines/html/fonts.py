"""The fonts of pages: those that styles name, and those that the team and the machine have."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from reelbatch.engines.characters import LAST_OF_LATIN, as_ranges, from_ranges, missing_characters
from reelbatch.engines.html.manifest import Files
from reelbatch.engines.lottie.typesetting.fontfile import (
    FontFile,
    FontUnreadable,
    is_italic,
    weight_of,
)
from reelbatch.engines.lottie.typesetting.system_fonts import system_fonts
from reelbatch.models.wire.fonts import FontFace

_STYLES = (".html", ".htm", ".css")
_FONT_FILES = (".ttf", ".otf", ".ttc", ".woff", ".woff2")
_MAX_FAMILIES = 50  # of one template
_OWN = re.compile(r"@font-face\s*+\{[^{}]*?font-family\s*+:\s*+([^;{}]{1,200})", re.IGNORECASE)
_FAMILY = re.compile(r"font-family\s*+:\s*+([^;{}<>]{1,500})", re.IGNORECASE)
_SHORTHAND = re.compile(  # style, weight, size and line height come before the family
    r"\bfont\s*+:\s*+[^;{}<>]{0,100}?(?:\d[a-z%]++|\))(?:\s*+/\s*+[^\s;{}<>]{1,50})?\s++"
    r"""(["'a-z][^;{}<>]{0,500})""",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"""(["'])([^"']*+)\1""")
_NO_FAMILY = re.compile(
    r"-apple-system|blinkmacsystemfont|(ui-)?(serif|sans-serif|monospace|rounded)|cursive|emoji"
    r"|fantasy|fangsong|math|system-ui|inherit|initial|unset|revert|revert-layer|var\(.*|",
    re.IGNORECASE,
)


def missing_fonts(files: Files) -> list[FontFace]:
    """Return the families that styles name first and neither the template nor this machine has."""
    texts = [
        content.decode("utf-8", "replace")
        for path, content in files.items()
        if path.suffix.casefold() in _STYLES
    ]
    own = {_first(found[1]).casefold() for text in texts for found in _OWN.finditer(text)}
    named = [
        _first(found[1])
        for text in texts
        for pattern in (_FAMILY, _SHORTHAND)
        for found in pattern.finditer(text)
    ]
    requested = {
        name.casefold(): name
        for name in reversed(named)  # so that the first spelling is used
        if not _NO_FAMILY.fullmatch(name) and name.casefold() not in own
    }
    installed = _system_families() if requested else frozenset[str]()
    missing = [name for folded, name in reversed(requested.items()) if folded not in installed]
    return [FontFace(family=name) for name in missing][:_MAX_FAMILIES]


def lent_characters(files: Files) -> str | None:
    """Return the characters of the machine's fonts.

    None if the template has fonts of its own, which only the browser can read.
    """
    if any(path.suffix.casefold() in _FONT_FILES for path in files):
        return None
    return _system_characters()


def missing_glyphs(words: Iterable[str], fonts: Sequence[Path]) -> list[str] | None:
    """Return the characters of `words` that neither the team's `fonts` nor the machine's have.

    None if a font cannot be read.
    """
    rare = [each for each in missing_characters(words, []) if each > LAST_OF_LATIN]
    if not rare:  # true for most pages; opening all fonts would take a while
        return []
    try:
        own = [FontFile(path, path.name).characters for path in fonts]
    except FontUnreadable:
        return None
    return missing_characters(rare, [*own, from_ranges(_system_characters())])


def described_fonts(faces: Sequence[FontFace], urls: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Describe the team's fonts for the page's script, under every name of their families."""
    for face, url in zip(faces, urls, strict=False):
        style = {
            "url": url,
            "weight": str(weight_of(face.style)),
            "style": "italic" if is_italic(face.style) else "normal",
        }
        for family in filter(None, dict.fromkeys((face.family, face.alias))):
            yield {"family": family, **style}


def _first(families: str) -> str:
    """Return the first family, up to its closing quote or to that of the style attribute."""
    name = families.split(",")[0].replace("!important", "").strip()
    quoted = _QUOTED.match(name)
    return (quoted[2] if quoted else re.split("[\"']", name)[0]).strip()


@cache
def _system_families() -> frozenset[str]:
    return frozenset(font.face.family.casefold() for font in system_fonts())


@cache
def _system_characters() -> str:
    return as_ranges(set[int]().union(*(font.characters for font in system_fonts())))
