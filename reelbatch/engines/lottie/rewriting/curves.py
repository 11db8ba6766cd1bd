"""Properties over time: their values at a frame, as lottie-web computes them."""

import bisect
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reelbatch.engines.lottie.document import Json, array, is_object, number, objects
from reelbatch.engines.lottie.properties import still

Curve = tuple[float, float, float, float]
"""The handles of an easing: x and y of the one that leaves, x and y of the one that arrives."""

Vector = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

LINEAR: Curve = (0.0, 0.0, 1.0, 1.0)
_FINEST = 1000  # keyframes of a property that is sampled
_LARGEST = 1e9  # of a number: far outside of any picture or film
_STEEPEST = 1e4  # of an easing's handle
_CURVE_POINTS = 150  # of a curved way
_ON_A_LINE = 1e-3  # square pixels between a line and a point
_STEPS = 24  # of halving: beyond what a picture shows


@dataclass(frozen=True, kw_only=True)
class Segment:
    """What lies between two keyframes."""

    start: float  # frames
    end: float
    before: list[float]
    after: list[float]
    curves: list[Curve]  # one a dimension
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
        """The different curves of those dimensions that change."""
        changing = [
            curve
            for a, b, curve in zip(self.before, self.after, self.curves, strict=True)
            if a != b
        ]
        return list(dict.fromkeys(changing))


@dataclass(frozen=True)
class Track:
    """A property of numbers over time; a still one has no segments."""

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
        """The frames of the first and the last keyframe; None where nothing changes."""
        return (self.segments[0].start, self.segments[-1].end) if self.segments else None


def read_track(animated: object) -> Track | None:
    """None where the property has a script, is no property of numbers, or moves on a curved way."""
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
    """The keyframes of the tracks, and the whole frames from the first to the last of them."""
    ends = {time for track in tracks for s in track.segments for time in (s.start, s.end)}
    if not ends:
        return []
    first, last = min(ends), max(ends)
    step = max(1.0, (last - first) / _FINEST)
    between = (math.floor(first) + n * step for n in range(math.ceil((last - first) / step) + 1))
    return sorted(ends | {time for time in between if first < time < last})


def sampled(tracks: Sequence[Track], value_of: Callable[[list[list[float]]], list[float]]) -> Json:
    """A property of what `value_of` makes of the tracks' values."""
    times = times_of(tracks)
    if not times:
        return still(value_of([track.rest for track in tracks]))
    values = [value_of([track.at(time) for track in tracks]) for time in times]
    return {"a": 1, "k": [{"t": t, "s": value} for t, value in zip(times, values, strict=True)]}


def read_segments(keyframes: Sequence[Json]) -> Iterator[Segment]:
    """Those between keyframes with numbers and times that ascend."""
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
    """Where a position is at `times` that leaves `keyframe` on a curved way.

    The way is walked along a line of as many points as lottie-web takes.
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
    """The easing of one dimension; where it has none of its own, the first one's."""
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
    """How much of the way is done after `share` of the time."""
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
    """From 0 to 1, over two handles."""
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
    """Whether a position leaves the keyframe on a curved way."""
    return any(number(part, 0.0) for key in ("to", "ti") for part in array(keyframe.get(key)))


def is_straight(keyframe: Json, segment: Segment) -> bool:
    """Whether both handles of a curved way lie on the line through its ends. lottie-web goes
    straight ahead then, also where the handles reach beyond the ends."""
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
    """What is computed of it stays a number that JSON can say."""
    return min(max(value, -most), most)
