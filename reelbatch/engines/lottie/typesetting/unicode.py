"""What Unicode says of a text: its letters, their direction and script, and where lines break.

ICU does it all, so that one version of Unicode's data holds for every step. Offsets and lists are
by code points; ICU's own are by UTF-16 units.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate

import icu

LINE_BREAK = "\r"  # as After Effects writes it
_BREAKS = ("\r\n", "\n", "\v", "\f", "\x03", "\x85", "\u2028", "\u2029")
_SOFT_HYPHEN = "\xad"
_EMOJI_STYLE, _TEXT_STYLE = "\ufe0f", "\ufe0e"
# Characters below are letters and signs of text first, though some have a coloured picture too.
_FIRST_PICTOGRAPH = "\u2190"
_INHERITED, _COMMON = "Zinh", "Zyyy"
_BASIC = "\uffff"  # the last character that is one unit of UTF-16


def tidied(text: str) -> str:
    """The text in composed characters (NFC), with one spelling of line breaks, and without other
    control characters than the tab."""
    for line_break in _BREAKS:
        text = text.replace(line_break, LINE_BREAK)
    kept = (c for c in text if c in "\t\r" or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", "".join(kept))


@lru_cache(256)
def letter_ends(text: str) -> tuple[int, ...]:
    """Where each of the letters that readers see ends: its grapheme clusters (UAX #29)."""
    return tuple(_boundaries(_letters(), text))


@lru_cache(256)
def line_ends(text: str) -> frozenset[int]:
    """Where a line may end (UAX #14; words of Thai, Lao, Khmer and Burmese by dictionaries)."""
    return frozenset(_boundaries(_lines(), text))


@lru_cache(256)
def levels(text: str, paragraph: int = icu.Bidi.DEFAULT_LTR) -> tuple[int, ...]:
    """The embedding level of each character (UAX #9), odd from right to left.

    `paragraph` is that of the whole, by default that of its first letter which has a direction,
    else 0.
    """
    if not text or (text.isascii() and paragraph == icu.Bidi.DEFAULT_LTR):
        return (0,) * len(text)
    return _levels(text, paragraph)[0]


def paragraph_level(text: str) -> int:
    """0 where the paragraph runs from left to right, 1 from right to left."""
    return 0 if not text or text.isascii() else _levels(text, icu.Bidi.DEFAULT_LTR)[1]


@lru_cache(256)
def _levels(text: str, level: int) -> tuple[tuple[int, ...], int]:
    bidi, units = icu.Bidi(), icu.UnicodeString(text)
    bidi.setPara(units, level)
    found = bidi.getLevels()
    if max(text) > _BASIC:
        found = tuple(found[offset] for offset in _units(text)[:-1])
    return found, bidi.getParaLevel()


def visual_order(levels_of_line: list[int]) -> list[int]:
    """The positions of a line's items from left to right (rule L2)."""
    order = list(range(len(levels_of_line)))
    highest = max(levels_of_line, default=0)
    lowest_odd = min((level for level in levels_of_line if level % 2), default=highest + 1)
    for level in range(highest, lowest_odd - 1, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels_of_line[order[end]] >= level:
                end += 1
            order[start:end] = order[start:end][::-1]
            start = max(end, start + 1)
    return order


@lru_cache(256)
def scripts(text: str) -> tuple[str, ...]:
    """Each character's script by its ISO 15924 code; what all scripts share goes with what stands
    before it, at the beginning with what comes after."""
    found = [_script(character) for character in text]
    last = next((script for script in found if script not in (_COMMON, _INHERITED)), _COMMON)
    for position, script in enumerate(found):
        if script in (_COMMON, _INHERITED):
            found[position] = last
        last = found[position]
    return tuple(found)


@cache
def is_ignorable(character: str) -> bool:
    """Whether it is invisible where nothing knows it: joiners, selectors, soft hyphens, marks of
    direction."""
    return icu.Char.hasBinaryProperty(character, icu.UProperty.DEFAULT_IGNORABLE_CODE_POINT)


def is_space(character: str) -> bool:
    return character == "\t" or unicodedata.category(character) == "Zs"


def is_emoji(letter: str) -> bool:
    """Whether a letter is shown in colour where a font can."""
    if _TEXT_STYLE in letter:
        return False
    base = letter[0]
    if icu.Char.hasBinaryProperty(base, icu.UProperty.EMOJI_PRESENTATION):
        return True
    return base >= _FIRST_PICTOGRAPH and _EMOJI_STYLE in letter


def mirrored(character: str) -> str:
    """The character that stands for it from right to left: `(` for `)`."""
    return icu.Char.charMirror(character)


@cache
def _letters() -> icu.BreakIterator:
    return icu.BreakIterator.createCharacterInstance(icu.Locale.getRoot())


@cache
def _lines() -> icu.BreakIterator:
    return icu.BreakIterator.createLineInstance(icu.Locale.getRoot())


@cache
def _script(character: str) -> str:
    return icu.Script.getScript(character).getShortName()


def _boundaries(iterator: icu.BreakIterator, text: str) -> Iterator[int]:
    iterator.setText(text)
    if not text or max(text) <= _BASIC:
        yield from iterator
        return
    offsets = {unit: offset for offset, unit in enumerate(_units(text))}
    yield from (offsets[unit] for unit in iterator)


def _units(text: str) -> list[int]:
    """Where each character begins in UTF-16, and where the text ends."""
    return list(accumulate((1 + (character > _BASIC) for character in text), initial=0))
