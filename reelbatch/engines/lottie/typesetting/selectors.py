"""How strongly an animator affects each letter, according to its range selector.

The rules are those of lottie-web's text selectors, as far as they agree with After Effects.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reelbatch.engines.lottie.document import Json, is_object, number
from reelbatch.engines.lottie.typesetting.keyed import Keyed, Vector, ease

_LETTERS, _LETTERS_WITHOUT_SPACES, _WORDS, _LINES = 1, 2, 3, 4  # what a selector counts (`b`)
_BY_INDEX = 2  # its unit (`r`); else percent
_RAMP_UP, _RAMP_DOWN, _TRIANGLE, _ROUND, _SMOOTH = 2, 3, 4, 5, 6  # its shape (`sh`); else square
_MIN_SMOOTHNESS = 1e-8


@dataclass(frozen=True)
class Counted:
    """The letters and line ends of a text in reading order, for selectors to count."""

    is_space: Sequence[bool]
    is_break: Sequence[bool]  # whether it is a line end instead of a letter

    def numbers(self, based: int) -> tuple[list[int], int]:
        """The number of each letter's unit, and how many units there are."""
        found: list[int] = []
        count, last = 0, len(self.is_space) - 1
        for position, (space, line_end) in enumerate(
            zip(self.is_space, self.is_break, strict=True)
        ):
            found.append(count)
            if based == _LETTERS_WITHOUT_SPACES:
                ends = not space and not line_end
            elif based == _WORDS:
                ends = space or line_end or position == last
            elif based == _LINES:
                ends = line_end or position == last
            else:
                ends = not line_end
            count += ends
        return found, count


class RangeSelector:
    def __init__(self, source: object, counted: Counted, seed: str) -> None:
        fields: Json = source if is_object(source) else {}
        based = int(number(fields.get("b"), _LETTERS))
        numbers, self._count = counted.numbers(based)
        if fields.get("rn") == 1:
            order = _shuffled(self._count, seed)
            numbers = [order[number] if number < len(order) else number for number in numbers]
        self._numbers = np.array(numbers, float)
        self._by_index = fields.get("r") == _BY_INDEX
        self._shape = int(number(fields.get("sh"), 1))
        everything = float(self._count) if self._by_index else 100.0
        self._start, self._offset = Keyed(fields.get("s"), [0.0]), Keyed(fields.get("o"), [0.0])
        self._end = Keyed(fields.get("e"), [everything])
        self._amount, self._smoothness = (
            Keyed(fields.get("a"), [100.0]),
            Keyed(fields.get("sm"), [100.0]),
        )
        self._ease_high, self._ease_low = (
            Keyed(fields.get("xe"), [0.0]),
            Keyed(fields.get("ne"), [0.0]),
        )

    @property
    def times(self) -> list[float]:
        keyed = (self._start, self._end, self._offset, self._amount, self._smoothness)
        return [t for each in (*keyed, self._ease_high, self._ease_low) for t in each.times]

    def at(self, frame: float) -> Vector:
        """A factor for each letter, roughly from -1 to 1."""
        scale = 1.0 if self._by_index else self._count / 100
        offset = self._offset.value(frame) * scale
        ends = [self._start.value(frame) * scale + offset, self._end.value(frame) * scale + offset]
        factors = np.clip(self._shaped(min(ends), max(ends)), 0.0, 1.0)
        high, low = self._ease_high.value(frame), self._ease_low.value(frame)
        if high or low:
            handles = (max(low, 0) / 100, max(-low, 0) / 100)
            others = (1 - max(high, 0) / 100, 1 + min(high, 0) / 100)
            factors = np.array([ease(float(factor), *handles, *others) for factor in factors])
        smoothness = self._smoothness.value(frame) / 100
        if smoothness != 1:
            smoothness = max(smoothness, _MIN_SMOOTHNESS)
            factors = np.clip((factors - (0.5 - smoothness / 2)) / smoothness, 0.0, 1.0)
        return factors * self._amount.value(frame) / 100

    def _shaped(self, start: float, end: float) -> Vector:
        numbers, length = self._numbers, end - start
        if self._shape in (_RAMP_UP, _RAMP_DOWN):
            if not length:
                risen = (numbers >= end).astype(float)
            else:
                risen = np.clip((0.5 + numbers - start) / length, 0.0, 1.0)
            return risen if self._shape == _RAMP_UP else 1 - risen
        if self._shape in (_TRIANGLE, _ROUND, _SMOOTH):
            return self._hill(start, length) if length else np.zeros(len(numbers))
        whole = np.where(
            numbers < start,
            np.minimum(np.minimum(end, 1.0) - (start - numbers), 1.0),
            np.minimum(end - numbers, 1.0),
        )
        return np.where(numbers >= math.floor(start), np.maximum(whole, 0.0), 0.0)

    def _hill(self, start: float, length: float) -> Vector:
        if self._shape == _TRIANGLE:
            risen = np.clip((0.5 + self._numbers - start) / length, 0.0, 1.0)
            return np.where(risen < 0.5, 2 * risen, 2 - 2 * risen)
        place = np.clip(self._numbers + 0.5 - start, 0.0, length)
        if self._shape == _ROUND:
            from_middle = place - length / 2
            return np.sqrt(np.maximum(0.0, 1 - (from_middle / (length / 2)) ** 2))
        return (1 + np.cos(np.pi + 2 * np.pi * place / length)) / 2


def _shuffled(count: int, seed: str) -> list[int]:
    """An order that looks random, and is the same for equal jobs."""
    keys = [hashlib.sha256(f"{seed}\0{number}".encode()).digest() for number in range(count)]
    return sorted(range(count), key=keys.__getitem__)
