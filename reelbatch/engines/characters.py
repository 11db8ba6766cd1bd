"""The characters that fonts have, in a compact form, and the ones that a text needs."""

import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Collection, Container, Iterable, Iterator
from functools import lru_cache

# Invisible in fonts that don't support them, although they are not format characters (Unicode's
# Default_Ignorable_Code_Point).
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810)}
    | {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)
LAST_OF_LATIN = "\u024f"  # every font is taken to have the characters up to here
_WITHOUT_GLYPH = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})  # Unicode's categories


Range = tuple[int, int]  # first and last character, inclusive


class Characters:
    """A set of code points whose memory depends on the number of ranges, not of characters."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        """`ranges` must be sorted."""
        self._bounds = array("I", (bound for a, b in ranges for bound in (a, b + 1)))

    def __contains__(self, character: object) -> bool:
        return isinstance(character, int) and bisect_right(self._bounds, character) % 2 == 1


def as_ranges(characters: Iterable[int]) -> str:
    """Write code points as `20-7e,a0,b0-ff`."""
    return ranges_as_text(merged((character, character) for character in sorted(characters)))


def merged(ranges: Iterable[Range]) -> Iterator[Range]:
    """Merge adjacent ranges. `ranges` must be sorted."""
    found: Range | None = None
    for first, last in ranges:
        if found and first == found[1] + 1:
            found = found[0], last
            continue
        if found:
            yield found
        found = first, last
    if found:
        yield found


def ranges_as_text(ranges: Iterable[Range]) -> str:
    return ",".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in ranges)


@lru_cache(256)
def from_ranges(text: str) -> Characters:
    """Read the code points that `as_ranges` wrote."""
    pieces = (each.partition("-") for each in filter(None, text.split(",")))
    return Characters((int(first, 16), int(last or first, 16)) for first, _, last in pieces)


def missing_characters(words: Iterable[str], fonts: Collection[Container[int]]) -> list[str]:
    """Return the characters of `words` that none of `fonts` has a glyph for, each once.

    Characters that need no glyph are left out.
    """
    found = dict.fromkeys(c for text in words for c in unicodedata.normalize("NFC", text))
    return [c for c in found if needs_glyph(c) and not _has_glyph(c, fonts)]


def needs_glyph(character: str) -> bool:
    """Whether a character is visible. Joiners, selectors, soft hyphens and whitespace are not."""
    is_invisible = ord(character) in _INVISIBLE
    return not is_invisible and unicodedata.category(character) not in _WITHOUT_GLYPH


def _has_glyph(character: str, fonts: Collection[Container[int]]) -> bool:
    """Whether one font has the character itself, or all parts that it decomposes into."""
    parts = {ord(part) for part in unicodedata.normalize("NFD", character)}
    return any(ord(character) in font or all(part in font for part in parts) for font in fonts)
