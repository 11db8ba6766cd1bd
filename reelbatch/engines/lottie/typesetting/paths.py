"""Text along a path, which is a mask of its layer."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reelbatch.engines.lottie.document import Json, array, is_object, number, objects
from reelbatch.engines.lottie.typesetting.keyed import (
    Keyed,
    Vector,
    complete_keyframes,
    eased_share,
)

_STEPS = 150  # points on a segment for measuring its length, as in lottie-web


class _Course(NamedTuple):
    """A path as a polyline of many points, with the length up to each."""

    points: Vector  # (n, 2): pixels
    lengths: Vector
    is_closed: bool


class TextPath:
    """The path that the letters of a layer follow."""

    def __init__(self, options: Json, mask: Json) -> None:
        self._first_margin = Keyed(options.get("f"), [0.0])
        self._is_reversed = Keyed(options.get("r"), [0.0])
        self._is_upright = Keyed(options.get("p"), [1.0])
        self._is_spread = Keyed(options.get("a"), [0.0])
        self._outline = _KeyedOutline(mask.get("pt"))

    @property
    def is_drawable(self) -> bool:
        """Whether the path has any length."""
        return self._outline.is_long

    @property
    def times(self) -> list[float]:
        keyed = (self._first_margin, self._is_reversed, self._is_upright, self._is_spread)
        return [*self._outline.times, *(time for each in keyed for time in each.times)]

    def placed(
        self,
        frame: float,
        *,
        shares_before: Vector,
        widths: list[float],
        lines: list[int],
        middles: Vector,
        lean: Vector,
        falls: Vector,
    ) -> Vector:
        """A matrix (3, 3) for each letter, which moves it onto the path.

        The letter is placed at `middles` from the path's start, rotated with the path, and lowered
        by `falls`.
        """
        course = _course(self._outline.at(frame), reverse=bool(self._is_reversed.value(frame)))
        margin, whole = self._first_margin.value(frame), float(course.lengths[-1])
        places = margin + middles + shares_before * (whole - np.array(widths)[lines])
        if self._is_spread.value(frame) and len(middles) > 1:
            first, last = middles[0], widths[lines[-1]] - middles[-1]
            room = whole - margin - first - last
            places = first + room * np.arange(len(middles)) / (len(middles) - 1) + margin
        x, y, angles = _found(course, places + lean)
        if not self._is_upright.value(frame):
            angles = np.zeros(len(angles))
        matrices = np.zeros((len(x), 3, 3))
        matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(angles)
        matrices[:, 1, 0] = np.sin(angles)
        matrices[:, 0, 1] = -matrices[:, 1, 0]
        matrices[:, 0, 2] = x + matrices[:, 0, 1] * falls
        matrices[:, 1, 2] = y + matrices[:, 1, 1] * falls
        matrices[:, 2, 2] = 1
        return matrices


def text_path(layer: Json, text: Json) -> TextPath | None:
    """The path that a text layer's options refer to, or None."""
    options = text.get("p")
    chosen = options.get("m") if is_object(options) else None
    masks = objects(layer.get("masksProperties"))
    if not is_object(options) or not isinstance(chosen, (int, float)):
        return None
    if not 0 <= chosen < len(masks):
        return None
    path = TextPath(options, masks[int(chosen)])
    return path if path.is_drawable else None


@dataclass(kw_only=True)
class _Outline:
    points: Vector  # (n, 2)
    incoming: Vector
    outgoing: Vector
    is_closed: bool


class _KeyedOutline:
    """An outline that may be animated; between keyframes its points move in straight lines."""

    def __init__(self, source: object) -> None:
        content = source.get("k") if is_object(source) else None
        self._keyframes = complete_keyframes(objects(content))
        self._states = [_outline(_first(keyframe["s"])) for keyframe in self._keyframes]
        self._still = _outline(content)

    @property
    def is_long(self) -> bool:
        states = self._states or [self._still]
        return all(len(np.unique(state.points, axis=0)) > 1 for state in states)

    @property
    def times(self) -> list[float]:
        return [keyframe["t"] for keyframe in self._keyframes]

    def at(self, frame: float) -> _Outline:
        if not self._keyframes:
            return self._still
        position = max(0, bisect_right(self.times, frame) - 1)
        before, start = self._keyframes[position], self._states[position]
        if frame <= before["t"] or position == len(self._states) - 1 or before.get("h") == 1:
            return start
        end, time = self._states[position + 1], self._keyframes[position + 1]["t"]
        if len(end.points) != len(start.points):
            return start
        share = eased_share(before, (frame - before["t"]) / (time - before["t"]), 1)[0]
        return _Outline(
            points=start.points + (end.points - start.points) * share,
            incoming=start.incoming + (end.incoming - start.incoming) * share,
            outgoing=start.outgoing + (end.outgoing - start.outgoing) * share,
            is_closed=start.is_closed,
        )


def _first(value: object) -> object:
    return (array(value) or [value])[0]


def _outline(value: object) -> _Outline:
    """The outline, without points if the value is not a path."""
    fields: Json = value if is_object(value) else {}
    lists = [[_point(point) for point in array(fields.get(key))] for key in ("v", "i", "o")]
    count = min(len(points) for points in lists)
    points, incoming, outgoing = (np.array(each[:count], float).reshape(count, 2) for each in lists)
    return _Outline(
        points=points, incoming=incoming, outgoing=outgoing, is_closed=bool(fields.get("c"))
    )


def _point(value: object) -> tuple[float, float]:
    numbers = [*array(value), 0, 0]
    return number(numbers[0], 0.0), number(numbers[1], 0.0)


def _course(outline: _Outline, *, reverse: bool) -> _Course:
    points, incoming, outgoing = outline.points, outline.incoming, outline.outgoing
    if reverse:
        points, incoming, outgoing = points[::-1], outgoing[::-1], incoming[::-1]
    ends = range(1, len(points) + 1 if outline.is_closed else len(points))
    t = np.linspace(0, 1, _STEPS)[:, None]
    parts = [points[:1]]
    for end in ends:
        start, stop = points[end - 1], points[end % len(points)]
        first, second = start + outgoing[end - 1], stop + incoming[end % len(points)]
        curve = (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * first
        parts.append((curve + 3 * (1 - t) * t**2 * second + t**3 * stop)[1:])
    line = np.concatenate(parts)
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    moves = np.concatenate([[True], steps > 0])
    return _Course(
        line[moves], np.concatenate([[0.0], np.cumsum(steps[steps > 0])]), outline.is_closed
    )


def _found(course: _Course, places: Vector) -> tuple[Vector, Vector, Vector]:
    """The path's x, y and direction in radians after each length.

    A closed path continues at its start, an open one straight ahead.
    """
    points, lengths = course.points, course.lengths
    if course.is_closed:
        places = places % lengths[-1]
    ends = np.clip(np.searchsorted(lengths, places), 1, len(lengths) - 1)
    before, steps = points[ends - 1], points[ends] - points[ends - 1]
    share = (places - lengths[ends - 1]) / (lengths[ends] - lengths[ends - 1])
    found = before + steps * share[:, None]
    return found[:, 0], found[:, 1], np.arctan2(steps[:, 1], steps[:, 0])
