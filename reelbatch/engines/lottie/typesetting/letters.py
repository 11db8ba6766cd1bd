"""Shapes the words of a paragraph into letters, with their glyphs and widths.

A letter is what readers perceive as one, so marks, joined emoji and ligatures are parts of a single
letter. Lines break between letters, and animators move them.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from reelbatch.engines.lottie.typesetting.fontfile import FontFile, ShapedGlyph, is_italic
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.engines.lottie.typesetting.own_glyphs import OwnGlyph, OwnGlyphs
from reelbatch.engines.lottie.typesetting.painting import EM
from reelbatch.engines.lottie.typesetting.style import ALL_CAPS, SMALL_CAPS, TextStyle
from reelbatch.engines.lottie.typesetting.unicode import (
    is_ignorable,
    is_space,
    letter_ends,
    levels,
    line_ends,
    mirrored,
    scripts,
    tidied,
)
from reelbatch.models.wire.fonts import FontFace

_SMALL = 0.7  # size of small capitals relative to capitals
_SPACES_OF_A_TAB = 4
_USUAL_SPACE = 28.0  # hundredths of the font size, if no font has a space


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One glyph of a letter and its position.

    The position is in hundredths of the font size from the letter's left end on the baseline; y
    points down.
    """

    source: FontFile | OwnGlyph
    glyph: int  # of a font
    x: float
    y: float
    scale: float = 1.0
    is_slanted: bool = False


@dataclass(kw_only=True)
class Letter:
    text: str
    style: TextStyle
    advance: float  # hundredths of the font size
    marks: list[Mark]
    level: int  # odd: right to left
    may_end_line: bool = False

    @property
    def is_space(self) -> bool:
        return is_space(self.text[0])

    @property
    def width(self) -> float:
        """The width in pixels, without tracking."""
        return self.advance * self.style.size / 100


@dataclass(frozen=True, kw_only=True)
class Typeface:
    """The glyphs of a text: the template's own first, then those of a font."""

    shelf: FontShelf
    requested: FontFace
    font: FontFile
    own: OwnGlyphs

    @property
    def is_italic_requested(self) -> bool:
        return is_italic(f"{self.requested.style} {self.requested.postscript_name}")


@dataclass(frozen=True, kw_only=True)
class Run:
    """Words in one style."""

    words: str
    face: Typeface
    style: TextStyle
    disabled_features: frozenset[str]  # of its font


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """A letter before it is shaped."""

    run: Run
    start: int
    end: int
    source: FontFile | OwnGlyphs
    level: int
    script: str
    scale: float

    @property
    def shaping(self) -> tuple[object, ...]:
        """A key that is equal for letters that are shaped together."""
        return id(self.run), id(self.source), self.level, self.script, self.scale


def set_words(runs: Sequence[Run]) -> list[Letter]:
    """The letters of a paragraph without line breaks, in reading order.

    Raises FontUnreadable.
    """
    text, starts, small = "", list[int](), set[int]()
    for run in runs:
        drawn, capitals = _in_capitals(run.words, run.style.caps)
        starts.append(len(text))
        small.update(len(text) + offset for offset in capitals)
        text += drawn
    pieces = list(_pieces(text, small, runs, starts))
    letters: list[Letter] = []
    for _, together in groupby(pieces, key=lambda piece: piece.shaping):
        letters.extend(_shaped(text, list(together)))
    ends, position = line_ends(text), 0
    for letter in letters:
        position += len(letter.text)
        letter.may_end_line = position in ends
    return letters


def _in_capitals(text: str, caps: int) -> tuple[str, frozenset[int]]:
    """The text to draw, and the offsets of its small capitals."""
    if caps == ALL_CAPS:
        return tidied(text.upper()), frozenset()
    if caps != SMALL_CAPS:
        return text, frozenset()
    drawn, small = "", set[int]()
    for character in text:
        capital = character.upper()
        if capital != character:
            small.update(range(len(drawn), len(drawn) + len(capital)))
        drawn += capital
    return drawn, frozenset(small)


def _pieces(
    text: str, small: set[int], runs: Sequence[Run], starts: Sequence[int]
) -> Iterator[_Piece]:
    """Yield the pieces of a text; a letter belongs to the run that it starts in.

    `starts` are the offsets of the runs.
    """
    directions, script = levels(text), scripts(text)
    source: FontFile | OwnGlyphs
    start = 0
    for end in letter_ends(text):
        letter = text[start:end]
        run = runs[bisect_right(starts, start) - 1]
        face = run.face
        scale = _SMALL if start in small else 1.0
        for first, last in _parts(letter, start, face.own):
            part = text[first:last]
            source = face.own
            if part not in face.own:
                source = face.shelf.font_for(part, face.font, face.requested, text)
            yield _Piece(
                run=run,
                start=first,
                end=last,
                source=source,
                level=directions[first],
                script=script[first],
                scale=scale,
            )
        start = end


def _parts(letter: str, start: int, own: OwnGlyphs) -> list[tuple[int, int]]:
    """Split a letter if the template only has glyphs for its individual characters."""
    end = start + len(letter)
    if len(letter) > 1 and letter not in own and all(character in own for character in letter):
        return [(position, position + 1) for position in range(start, end)]
    return [(start, end)]


def _shaped(text: str, pieces: Sequence[_Piece]) -> list[Letter]:
    """The letters of pieces that are shaped together."""
    first = pieces[0]
    face, style = first.run.face, first.run.style
    if not isinstance(first.source, FontFile):
        return [_own_letter(text[piece.start : piece.end], piece, first.source) for piece in pieces]
    shaped = first.source.shape(
        text,
        (first.start, pieces[-1].end),
        script=first.script,
        right_to_left=bool(first.level % 2),
        disabled=first.run.disabled_features,
    )
    slanted = (
        face.is_italic_requested and not first.source.is_italic and not first.source.is_coloured
    )
    letters: list[Letter] = []
    for start, end, glyphs in _grouped(pieces, shaped):
        letter = Letter(text=text[start:end], style=style, advance=0.0, marks=[], level=first.level)
        for glyph in glyphs:
            x, y = (letter.advance + glyph.x * first.scale, glyph.y * first.scale)
            if not all(is_ignorable(character) for character in letter.text):
                letter.marks.append(
                    Mark(
                        source=first.source,
                        glyph=glyph.glyph,
                        x=x,
                        y=y,
                        scale=first.scale,
                        is_slanted=slanted,
                    )
                )
            letter.advance += glyph.advance * first.scale
        if letter.text == "\t":
            letter.advance, letter.marks = _tab_of(first.source), []
        letters.append(letter)
    return letters


def _grouped(
    pieces: Sequence[_Piece], shaped: Sequence[ShapedGlyph]
) -> Iterator[tuple[int, int, list[ShapedGlyph]]]:
    """The glyphs of each letter. Letters that the font joins into a glyph become one letter."""
    starts = [piece.start for piece in pieces]
    by_piece: dict[int, list[ShapedGlyph]] = {}
    position = 0
    for glyph in sorted(shaped, key=lambda glyph: glyph.cluster):  # stable: each letter's in order
        while position + 1 < len(starts) and starts[position + 1] <= glyph.cluster:
            position += 1
        by_piece.setdefault(position, []).append(glyph)
    drawn = sorted(by_piece) or [0]
    drawn[0] = 0
    for number, position in enumerate(drawn):
        following = drawn[number + 1] if number + 1 < len(drawn) else len(pieces)
        glyphs = by_piece.get(position, [])
        yield pieces[position].start, pieces[following - 1].end, glyphs


def _own_letter(letter: str, piece: _Piece, own: OwnGlyphs) -> Letter:
    if piece.level % 2 and len(letter) == 1 and mirrored(letter) in own:
        drawn = own[mirrored(letter)]
    else:
        drawn = own[letter]
    mark = Mark(source=drawn, glyph=0, x=0.0, y=0.0, scale=piece.scale)
    return Letter(
        text=letter,
        style=piece.run.style,
        advance=drawn.advance * piece.scale,
        marks=[mark] if drawn.outline.ends else [],
        level=piece.level,
    )


def _tab_of(font: FontFile) -> float:
    return _SPACES_OF_A_TAB * (font.advance(" ") or _USUAL_SPACE * EM / 100)
