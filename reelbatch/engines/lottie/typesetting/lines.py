"""Breaks letters into lines, orders them, and measures the lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reelbatch.engines.lottie.typesetting.letters import Letter, Run, set_words
from reelbatch.engines.lottie.typesetting.style import TextStyle
from reelbatch.engines.lottie.typesetting.unicode import (
    LINE_BREAK,
    paragraph_level,
    visual_order,
)

_LIGATURES = frozenset({"liga", "clig"})
# lottie-web sets letters in boxes, and animated letters, one by one.
_LIGATURES_AND_KERNING = _LIGATURES | {"kern"}
_SLACK = 0.01  # pixels: the drawing's sums differ in the last digits


@dataclass(frozen=True)
class Line:
    """A line with its letters in reading order."""

    letters: Sequence[Letter]
    level: int  # the paragraph's
    style: TextStyle  # from the start of the paragraph, for lines without letters
    ends_paragraph: bool = True

    @cached_property
    def order(self) -> list[int]:
        """The positions of the letters from left to right; trailing spaces come last."""
        shown = self._shown
        order = visual_order([letter.level for letter in self.letters[:shown]])
        return [*order, *range(shown, len(self.letters))]

    @cached_property
    def _shown(self) -> int:
        """The number of letters before the trailing spaces."""
        count = len(self.letters)
        while count and self.letters[count - 1].is_space:
            count -= 1
        return count

    @cached_property
    def width(self) -> float:
        """The width in pixels, without trailing spaces and the tracking after the last letter."""
        shown = self.letters[: self._shown]
        whole = sum(letter.width + letter.style.tracking for letter in shown)
        return whole - shown[-1].style.tracking if shown else 0.0

    @cached_property
    def size(self) -> float:
        """The font size of its largest letters, in pixels."""
        return max((letter.style.size for letter in self.letters), default=self.style.size)

    @cached_property
    def leading(self) -> float:
        """The distance from the baseline above, in pixels: the largest of its letters' leadings."""
        return max((letter.style.leading for letter in self.letters), default=self.style.leading)

    @cached_property
    def stretch(self) -> dict[int, float]:
        """The pixels that justification adds to letters, by position.

        Spaces are stretched. If there are none, the letters after which the line could break are.
        """
        style = self.style
        if not style.is_justified or style.box is None:
            return {}
        if self.ends_paragraph and not style.justifies_last:
            return {}
        inner = range(self._shown - 1)
        gaps = [at for at in inner if self.letters[at].is_space]
        gaps = gaps or [at for at in inner if self.letters[at].may_end_line]
        room = style.box[0] - self.width
        return dict.fromkeys(gaps, room / len(gaps)) if gaps and room > 0 else {}


def disabled_features(style: TextStyle, *, is_animated: bool) -> frozenset[str]:
    """The font features that must not be applied to words of that style."""
    if is_animated or style.box is not None:
        return _LIGATURES_AND_KERNING
    return _LIGATURES if style.tracking else frozenset()


def set_paragraphs(runs: Sequence[Run]) -> list[Line]:
    """Set words in lines, one per paragraph. Raises FontUnreadable."""
    paragraphs: list[list[Run]] = [[]]
    for run in runs:
        first, *others = run.words.split(LINE_BREAK)
        paragraphs[-1].append(replace(run, words=first))
        paragraphs += [[replace(run, words=words)] for words in others]
    return [_line([run for run in runs if run.words] or runs[-1:]) for runs in paragraphs]


def _line(runs: Sequence[Run]) -> Line:
    level = paragraph_level("".join(run.words for run in runs))
    return Line(set_words(runs), level, runs[0].style)


def wrapped(
    paragraphs: Sequence[Line], width: float | None, *, break_words: bool = True
) -> list[Line]:
    """The lines of a text in a box of that width; None: each paragraph is a line.

    With `break_words`, words that are wider than the box are broken; else they stick out.
    """
    if width is None:
        return list(paragraphs)
    lines: list[Line] = []
    for paragraph in paragraphs:
        *others, last = _broken(paragraph.letters, width, break_words=break_words)
        lines += [replace(paragraph, letters=each, ends_paragraph=False) for each in others]
        lines.append(replace(paragraph, letters=last))
    return lines


def _broken(letters: Sequence[Letter], room: float, *, break_words: bool) -> list[Sequence[Letter]]:
    """Break letters into lines where allowed, or if that is impossible, before what sticks out."""
    lines: list[Sequence[Letter]] = []
    start, end, width = 0, 0, 0.0  # `end`: where the line may end, 0 if nowhere yet
    position = 0
    while position < len(letters):
        letter = letters[position]
        can_break = end > start or break_words
        if (
            position > start
            and can_break
            and not letter.is_space
            and width + letter.width > room + _SLACK
        ):
            stop = end if end > start else position
            lines.append(_without_spaces(letters[start:stop]))
            start, width = stop, 0.0
            position = stop  # measured again
            continue
        width += letter.width + letter.style.tracking
        position += 1
        if letter.may_end_line:
            end = position
    lines.append(letters[start:])
    return lines


def _without_spaces(letters: Sequence[Letter]) -> Sequence[Letter]:
    """The letters without trailing spaces, which a wrapped line does not show."""
    count = len(letters)
    while count and letters[count - 1].is_space:
        count -= 1
    return letters[:count]
