"""Which characters fonts have, in a form that is short to keep, and which ones a text needs."""

import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Collection, Container, Iterable, Iterator
from functools import lru_cache

# Invisible where nothing knows them, though they are no format characters (Unicode's
# Default_Ignorable_Code_Point).
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810)}
    | {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)
LAST_OF_LATIN = "\u024f"  # of what every font has
_WITHOUT_GLYPH = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})  # categories


Range = tuple[int, int]  # the first character and the last one


class Characters:
    """A set of code points that takes the memory of its ranges, however many are in them."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        """`ranges` are in order."""
        self._bounds = array("I", (bound for a, b in ranges for bound in (a, b + 1)))

    def __contains__(self, character: object) -> bool:
        return isinstance(character, int) and bisect_right(self._bounds, character) % 2 == 1


def as_ranges(characters: Iterable[int]) -> str:
    """Code points as `20-7e,a0,b0-ff`."""
    return ranges_as_text(merged((character, character) for character in sorted(characters)))


def merged(ranges: Iterable[Range]) -> Iterator[Range]:
    """Neighbours as one. `ranges` are in order."""
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
    """The code points that `as_ranges` wrote."""
    pieces = (each.partition("-") for each in filter(None, text.split(",")))
    return Characters((int(first, 16), int(last or first, 16)) for first, _, last in pieces)


def missing_characters(words: Iterable[str], fonts: Collection[Container[int]]) -> list[str]:
    """The characters of `words` that none of `fonts` has a glyph for, each once.

    What is invisible needs none: joiners, selectors, soft hyphens, spaces and line breaks.
    """
    found = dict.fromkeys(c for text in words for c in unicodedata.normalize("NFC", text))
    return [c for c in found if needs_glyph(c) and not _has_glyph(c, fonts)]


def needs_glyph(character: str) -> bool:
    """Whether it is seen: joiners, selectors, soft hyphens, spaces and line breaks are not."""
    is_invisible = ord(character) in _INVISIBLE
    return not is_invisible and unicodedata.category(character) not in _WITHOUT_GLYPH


def _has_glyph(character: str, fonts: Collection[Container[int]]) -> bool:
    """In one piece, or in parts that one font has all of."""
    parts = {ord(part) for part in unicodedata.normalize("NFD", character)}
    return any(ord(character) in font or all(part in font for part in parts) for font in fonts)
