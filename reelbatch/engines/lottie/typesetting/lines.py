"""From letters to lines: where they break, in which order they stand, and how wide they are."""

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
# lottie-web sets the letters of boxes, and those that move, one by one.
_ON_THEIR_OWN = _LIGATURES | {"kern"}
_SLACK = 0.01  # pixels: a renderer's sums differ in the last digits


@dataclass(frozen=True)
class Line:
    """Letters in the order in which they are read."""

    letters: Sequence[Letter]
    level: int  # the paragraph's
    style: TextStyle  # of the paragraph's beginning, which lines without letters have
    ends_paragraph: bool = True

    @cached_property
    def order(self) -> list[int]:
        """The positions of the letters from left to right; spaces at the end come last."""
        shown = self._shown
        order = visual_order([letter.level for letter in self.letters[:shown]])
        return [*order, *range(shown, len(self.letters))]

    @cached_property
    def _shown(self) -> int:
        """How many letters there are before the spaces at the end."""
        count = len(self.letters)
        while count and self.letters[count - 1].is_space:
            count -= 1
        return count

    @cached_property
    def width(self) -> float:
        """Pixels, without the spaces at the end and the tracking after the last letter."""
        shown = self.letters[: self._shown]
        whole = sum(letter.width + letter.style.tracking for letter in shown)
        return whole - shown[-1].style.tracking if shown else 0.0

    @cached_property
    def size(self) -> float:
        """That of its largest letters."""
        return max((letter.style.size for letter in self.letters), default=self.style.size)

    @cached_property
    def leading(self) -> float:
        """Pixels from the base line above: the largest of its letters."""
        return max((letter.style.leading for letter in self.letters), default=self.style.leading)

    @cached_property
    def stretch(self) -> dict[int, float]:
        """The pixels that letters are wider in a justified line, by their positions: those of
        its spaces, and where it has none those after which it could break."""
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
    """What a font does to words of that style, and is not to do."""
    if is_animated or style.box is not None:
        return _ON_THEIR_OWN
    return _LIGATURES if style.tracking else frozenset()


def set_paragraphs(runs: Sequence[Run]) -> list[Line]:
    """A line for each paragraph. Raises FontUnreadable."""
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
    """The lines of a text in a box of that width; without one, a line is a paragraph.

    `break_words` breaks words that are wider than the box; else they stick out of it.
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
    """Break where it is allowed; where a line has no such place, before what sticks out."""
    lines: list[Sequence[Letter]] = []
    start, end, width = 0, 0, 0.0  # `end`: where the line from `start` may end, 0 if nowhere yet
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
    """A line that is broken by its box does not show the spaces at its end."""
    count = len(letters)
    while count and letters[count - 1].is_space:
        count -= 1
    return letters[:count]
