"""Which characters fonts have, in a form that is short to keep, and which ones a text needs."""

import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

# Invisible where nothing knows them, though they are no format characters (Unicode's
# Default_Ignorable_Code_Point).
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810)}
    | {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)
_WITHOUT_GLYPH = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})  # categories


def as_ranges(characters: Iterable[int]) -> str:
    """Code points as `20-7e,a0,b0-ff`."""
    ranges: list[list[int]] = []
    for character in sorted(characters):
        if ranges and character == ranges[-1][1] + 1:
            ranges[-1][1] = character
        else:
            ranges.append([character, character])
    return ",".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in ranges)


@lru_cache(256)
def from_ranges(ranges: str) -> frozenset[int]:
    """The code points that `as_ranges` wrote."""
    found: set[int] = set()
    for each in filter(None, ranges.split(",")):
        first, _, last = each.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)


def missing_characters(words: Iterable[str], fonts: Collection[frozenset[int]]) -> list[str]:
    """The characters of `words` that none of `fonts` has a glyph for, each once.

    What is invisible needs none: joiners, selectors, soft hyphens, spaces and line breaks.
    """
    found = dict.fromkeys(c for text in words for c in unicodedata.normalize("NFC", text))
    return [c for c in found if needs_glyph(c) and not _has_glyph(c, fonts)]


def needs_glyph(character: str) -> bool:
    """Whether it is seen: joiners, selectors, soft hyphens, spaces and line breaks are not."""
    is_invisible = ord(character) in _INVISIBLE
    return not is_invisible and unicodedata.category(character) not in _WITHOUT_GLYPH


def _has_glyph(character: str, fonts: Collection[frozenset[int]]) -> bool:
    """In one piece, or in parts that one font has all of."""
    parts = {ord(part) for part in unicodedata.normalize("NFD", character)}
    return any(ord(character) in font or parts <= font for font in fonts)
