"""The values of properties at a frame, computed as in lottie-web."""

import bisect
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reelbatch.engines.lottie.document import Json, array, is_object, number, objects
from reelbatch.engines.lottie.properties import still

Curve = tuple[float, float, float, float]
"""The handles of an easing: x and y of the outgoing one, x and y of the incoming one."""

Vector = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

LINEAR: Curve = (0.0, 0.0, 1.0, 1.0)
_FINEST = 1000  # keyframes of a sampled property
_LARGEST = 1e9  # of a number: far outside any picture or film
_STEEPEST = 1e4  # of an easing handle
_CURVE_POINTS = 150  # of a curved motion path
_ON_A_LINE = 1e-3  # square pixels between a line and a point
_STEPS = 24  # of bisection: finer than a picture shows


@dataclass(frozen=True, kw_only=True)
class Segment:
    """The part of a property between two keyframes."""

    start: float  # frames
    end: float
    before: list[float]
    after: list[float]
    curves: list[Curve]  # one per dimension
    holds: bool

    def at(self, frame: float) -> list[float]:
        if self.holds:
            return self.before if frame < self.end else self.after
        share = (frame - self.start) / (self.end - self.start)
        return [
            a + (b - a) * ease(curve, share)
            for a, b, curve in zip(self.before, self.after, self.curves, strict=True)
        ]

    @property
    def moving_curves(self) -> list[Curve]:
        """The distinct curves of the dimensions that change."""
        changing = [
            curve
            for a, b, curve in zip(self.before, self.after, self.curves, strict=True)
            if a != b
        ]
        return list(dict.fromkeys(changing))


@dataclass(frozen=True)
class Track:
    """A numeric property over time; a still one has no segments."""

    rest: list[float]  # before the first keyframe
    segments: list[Segment]

    def at(self, frame: float) -> list[float]:
        position = bisect.bisect_right(self.segments, frame, key=lambda segment: segment.start) - 1
        if position < 0:
            return self.rest
        segment = self.segments[position]
        return segment.at(min(frame, segment.end))

    @property
    def span(self) -> tuple[float, float] | None:
        """The frames of the first and the last keyframe; None if nothing changes."""
        return (self.segments[0].start, self.segments[-1].end) if self.segments else None


def read_track(animated: object) -> Track | None:
    """Read a numeric property; None if it has a script, other values, or a curved motion path."""
    if not is_object(animated) or isinstance(animated.get("x"), str):
        return None
    keyframes = objects(animated.get("k"))
    if not keyframes:
        rest = _numbers(animated.get("k"))
        return Track(rest, []) if rest is not None else None
    segments = list(read_segments(keyframes))
    if len(keyframes) == 1:
        rest = _numbers(keyframes[0].get("s"))
        return Track(rest, []) if rest is not None else None
    is_whole = len(segments) == len(keyframes) - 1
    if not is_whole or any(is_spatial(keyframe) for keyframe in keyframes):
        return None
    if len({len(segment.before) for segment in segments}) > 1:
        return None
    return Track(segments[0].before, segments)


def times_of(tracks: Sequence[Track]) -> list[float]:
    """The times of the tracks' keyframes, and the whole frames between the first and the last."""
    ends = {time for track in tracks for s in track.segments for time in (s.start, s.end)}
    if not ends:
        return []
    first, last = min(ends), max(ends)
    step = max(1.0, (last - first) / _FINEST)
    between = (math.floor(first) + n * step for n in range(math.ceil((last - first) / step) + 1))
    return sorted(ends | {time for time in between if first < time < last})


def sampled(tracks: Sequence[Track], value_of: Callable[[list[list[float]]], list[float]]) -> Json:
    """A property whose values `value_of` computes from the tracks' values."""
    times = times_of(tracks)
    if not times:
        return still(value_of([track.rest for track in tracks]))
    values = [value_of([track.at(time) for track in tracks]) for time in times]
    return {"a": 1, "k": [{"t": t, "s": value} for t, value in zip(times, values, strict=True)]}


def read_segments(keyframes: Sequence[Json]) -> Iterator[Segment]:
    """The segments between keyframes with numbers and ascending times."""
    for first, second in itertools.pairwise(keyframes):
        before = _numbers(first.get("s"))
        after = _numbers(second.get("s") if "s" in second else first.get("e"))
        start, end = time_of(first, _LARGEST), time_of(second, -_LARGEST)
        if before is None or after is None or len(before) != len(after) or not start < end:
            continue
        if "e" in first and not first.get("h"):
            after = (
                ending if (ending := _numbers(first["e"])) and len(ending) == len(before) else after
            )
        yield Segment(
            start=start,
            end=end,
            before=before,
            after=after,
            curves=[curve_of(first, dimension) for dimension in range(len(before))],
            holds=bool(first.get("h")),
        )


def on_curve(keyframe: Json, segment: Segment, times: Sequence[float]) -> list[list[float]]:
    """The positions at `times` along the curved motion path that starts at `keyframe`.

    The path is approximated by as many points as in lottie-web.
    """
    start, end = np.array(segment.before), np.array(segment.after)
    first, second = (_handle_of(keyframe.get(key), len(start)) for key in ("to", "ti"))
    t = np.linspace(0, 1, _CURVE_POINTS)[:, None]
    points = (
        (1 - t) ** 3 * start
        + 3 * (1 - t) ** 2 * t * (start + first)
        + 3 * (1 - t) * t**2 * (end + second)
        + t**3 * end
    )
    lengths = np.cumsum([0.0, *np.linalg.norm(np.diff(points, axis=0), axis=1)])
    span = segment.end - segment.start
    shares = [ease(segment.curves[0], (time - segment.start) / span) for time in times]
    places = np.array(shares) * lengths[-1]
    columns: list[Vector] = [
        np.asarray(np.interp(places, lengths, part), float) for part in points.T
    ]
    return np.stack(columns, axis=1).tolist()


def _handle_of(value: object, size: int) -> Vector:
    parts = [_bounded(number(part, 0.0), _LARGEST) for part in array(value)[:size]]
    return np.array([*parts, *[0.0] * (size - len(parts))])


def time_of(keyframe: Json, default: float) -> float:
    """The frame of a keyframe."""
    return _bounded(number(keyframe.get("t"), default), _LARGEST)


def curve_of(keyframe: Json, dimension: int) -> Curve:
    """The easing of one dimension; the first dimension's if it has none of its own."""
    leaving, arriving = keyframe.get("o"), keyframe.get("i")
    if not is_object(leaving) or not is_object(arriving):
        return LINEAR
    x1, y1, x2, y2 = (
        _handle(handle.get(axis), dimension)
        for handle in (leaving, arriving)
        for axis in ("x", "y")
    )
    return x1, y1, x2, y2


def ease(curve: Curve, share: float) -> float:
    """How much of the change has happened after `share` of the time."""
    x1, y1, x2, y2 = curve
    if (x1 == y1 and x2 == y2) or not 0.0 < share < 1.0:
        return min(max(share, 0.0), 1.0)
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _bezier(x1, x2, middle) < share:
            low = middle
        else:
            high = middle
    return _bezier(y1, y2, (low + high) / 2)


def _bezier(first: float, second: float, t: float) -> float:
    """A coordinate of a cubic curve from 0 to 1 with two handles."""
    u = 1 - t
    return 3 * u * u * t * first + 3 * u * t * t * second + t * t * t


def _handle(coordinate: object, dimension: int) -> float:
    values = array(coordinate) or [coordinate]
    value = values[dimension] if dimension < len(values) else values[0]
    return _bounded(number(value, 0.0), _STEEPEST)


def _numbers(value: object) -> list[float] | None:
    values = array(value) or [value]
    found = [
        _bounded(float(part), _LARGEST)
        for part in values
        if isinstance(part, (int, float)) and not isinstance(part, bool)
    ]
    return found if found and len(found) == len(values) else None


def is_spatial(keyframe: Json) -> bool:
    """Whether a curved motion path starts at the keyframe."""
    return any(number(part, 0.0) for key in ("to", "ti") for part in array(keyframe.get(key)))


def is_straight(keyframe: Json, segment: Segment) -> bool:
    """Whether both handles of a motion path lie on the line through its ends.

    lottie-web then moves straight ahead, even if the handles reach beyond the ends.
    """
    start, end = np.array(segment.before), np.array(segment.after)
    leaving, arriving = (_handle_of(keyframe.get(key), len(start)) for key in ("to", "ti"))
    way = end - start
    if (
        len(way) < 2
        or not way[:2].any()
        or any(part[2:].any() for part in (way, leaving, arriving))
    ):
        return False
    return all(
        abs(way[0] * handle[1] - way[1] * handle[0]) < _ON_A_LINE for handle in (leaving, arriving)
    )


def _bounded(value: float, most: float) -> float:
    """Limit a value so that whatever is computed from it fits into JSON."""
    return min(max(value, -most), most)
