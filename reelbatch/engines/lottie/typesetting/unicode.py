"""Unicode's rules for a text: its letters, their direction and script, and its line breaks.

ICU does everything, so that all steps use the same version of Unicode's data. Offsets and lists
here count code points, while ICU counts UTF-16 units.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate

import icu

LINE_BREAK = "\r"  # as After Effects writes it
_BREAKS = ("\r\n", "\n", "\v", "\f", "\x03", "\x85", "\u2028", "\u2029")
_EMOJI_STYLE, _TEXT_STYLE = "\ufe0f", "\ufe0e"
# Characters below this are normal text by default, even if they also have a coloured picture.
_FIRST_PICTOGRAPH = "\u2190"
_INHERITED, _COMMON = "Zinh", "Zyyy"
_BASIC = "\uffff"  # the last character that is one unit of UTF-16


def tidied(text: str) -> str:
    """The text in composed characters (NFC), with uniform line breaks.

    Control characters other than the tab are removed.
    """
    for line_break in _BREAKS:
        text = text.replace(line_break, LINE_BREAK)
    allowed = (c for c in text if c in "\t\r" or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", "".join(allowed))


@lru_cache(256)
def letter_ends(text: str) -> tuple[int, ...]:
    """The ends of the letters that readers perceive: grapheme clusters (UAX #29)."""
    return tuple(_boundaries(_letters(), text))


@lru_cache(256)
def line_ends(text: str) -> frozenset[int]:
    """Where a line may end (UAX #14; for Thai, Lao, Khmer and Burmese by dictionary)."""
    return frozenset(_boundaries(_lines(), text))


@lru_cache(256)
def levels(text: str, paragraph: int = icu.Bidi.DEFAULT_LTR) -> tuple[int, ...]:
    """The embedding level of each character (UAX #9); odd levels run from right to left.

    `paragraph` is the level of the whole text; by default it is taken from the first letter with a
    direction, and is 0 if there is none.
    """
    if not text or (text.isascii() and paragraph == icu.Bidi.DEFAULT_LTR):
        return (0,) * len(text)
    return _levels(text, paragraph)[0]


def paragraph_level(text: str) -> int:
    """0 if the paragraph runs from left to right, 1 if from right to left."""
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
    """The ISO 15924 code of each character's script.

    Characters that scripts share belong to the script before them, or after them at the start.
    """
    found = [_script(character) for character in text]
    last = next((script for script in found if script not in (_COMMON, _INHERITED)), _COMMON)
    for position, script in enumerate(found):
        if script in (_COMMON, _INHERITED):
            found[position] = last
        last = found[position]
    return tuple(found)


@cache
def is_ignorable(character: str) -> bool:
    """Whether a character is invisible by default, such as joiners and soft hyphens."""
    return icu.Char.hasBinaryProperty(character, icu.UProperty.DEFAULT_IGNORABLE_CODE_POINT)


def is_space(character: str) -> bool:
    return character == "\t" or unicodedata.category(character) == "Zs"


def is_emoji(letter: str) -> bool:
    """Whether a letter is shown in colour if a font supports it."""
    if _TEXT_STYLE in letter:
        return False
    base = letter[0]
    if icu.Char.hasBinaryProperty(base, icu.UProperty.EMOJI_PRESENTATION):
        return True
    return base >= _FIRST_PICTOGRAPH and _EMOJI_STYLE in letter


def mirrored(character: str) -> str:
    """The character's mirror image for text from right to left: `(` for `)`."""
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
    """The UTF-16 offset of each character, and of the end of the text."""
    return list(accumulate((1 + (character > _BASIC) for character in text), initial=0))
