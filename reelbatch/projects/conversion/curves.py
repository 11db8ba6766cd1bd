"""Computes motion between keyframes as After Effects does, if Lottie cannot express it.

A value without a path follows a cubic curve over time. The length of its handles is `influence`
times the duration, and their slope is the speed. A value with a path moves along that path, and the
curve gives the distance (https://helpx.adobe.com/after-effects/using/speed.html).
"""

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from reelbatch.projects.model import Ease, Interpolation, Keyframe, Vector

LINEAR_HANDLE = 1 / 6  # of the duration; After Effects' handle of a linear side
_STEPS = 30  # bisections; more than precise enough for a picture
_SAMPLES = 64  # points on a path to measure its length


@dataclass(frozen=True)
class TimeCurve:
    """A cubic curve in time and value from (0, 0) to (duration, change)."""

    duration: float  # seconds
    change: float
    leaving: tuple[float, float]  # the first handle, in seconds and value
    arriving: tuple[float, float]  # the second handle, also measured from the start

    def at(self, seconds: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            if cubic(0.0, self.leaving[0], self.arriving[0], self.duration, middle) < seconds:
                low = middle
            else:
                high = middle
        return cubic(0.0, self.leaving[1], self.arriving[1], self.change, low)


def time_curve(
    duration: float, change: float, *, leaving: Ease | None, arriving: Ease | None
) -> TimeCurve:
    """The curve of one dimension. A side without an ease is linear."""
    even = change / duration if duration else 0.0
    out = leaving or Ease(even, LINEAR_HANDLE)
    into = arriving or Ease(even, LINEAR_HANDLE)
    before, after = out.influence * duration, into.influence * duration
    return TimeCurve(
        duration,
        change,
        leaving=(before, out.speed * before),
        arriving=(duration - after, change - into.speed * after),
    )


def cubic(a: float, b: float, c: float, d: float, t: float) -> float:
    """A coordinate of a cubic Bezier curve."""
    rest = 1 - t
    return rest**3 * a + 3 * rest * rest * t * b + 3 * rest * t * t * c + t**3 * d


@dataclass(frozen=True)
class MotionPath:
    """The path between two values, and its length."""

    points: tuple[Vector, Vector, Vector, Vector]

    @property
    def _is_straight(self) -> bool:
        start, leaving, arriving, end = self.points
        return start == leaving and arriving == end

    @cached_property
    def _lengths(self) -> list[float]:
        """The distances from the start to each sample."""
        samples = [self._point(n / _SAMPLES) for n in range(_SAMPLES + 1)]
        steps = (math.dist(a, b) for a, b in itertools.pairwise(samples))
        return [0.0, *itertools.accumulate(steps)]

    @property
    def length(self) -> float:
        if self._is_straight:
            return math.dist(self.points[0], self.points[3])
        return self._lengths[-1]

    def at(self, distance: float) -> Vector:
        lengths = self._lengths
        if distance <= 0 or self.length == 0:
            return self.points[0]
        if distance >= self.length:
            return self.points[3]
        before = max(0, bisect.bisect_right(lengths, distance) - 1)
        step = lengths[before + 1] - lengths[before]
        share = (distance - lengths[before]) / step if step else 0.0
        return self._point((before + share) / _SAMPLES)

    def _point(self, t: float) -> Vector:
        return tuple(cubic(*coordinates, t) for coordinates in zip(*self.points, strict=True))


def motion_path(before: Keyframe, after: Keyframe) -> MotionPath:
    """The path between two keyframes with numeric values."""
    start, end = numbers(before), numbers(after)
    leaving = before.tangent_out or (0.0,) * len(start)
    arriving = after.tangent_in or (0.0,) * len(end)
    return MotionPath(
        (
            start,
            tuple(a + b for a, b in zip(start, leaving, strict=True)),
            tuple(a + b for a, b in zip(end, arriving, strict=True)),
            end,
        )
    )


@dataclass(frozen=True)
class Ride:
    """Motion along one or more paths, separated by roving keyframes, which have no time."""

    keyframes: Sequence[Keyframe]

    @cached_property
    def _paths(self) -> list[MotionPath]:
        return [motion_path(a, b) for a, b in itertools.pairwise(self.keyframes)]

    @cached_property
    def _curve(self) -> TimeCurve:
        first, last = self.keyframes[0], self.keyframes[-1]
        length = sum(path.length for path in self._paths)
        return time_curve(
            last.time - first.time,
            length,
            leaving=ease_out(first, 0),
            arriving=ease_in(last, 0),
        )

    def at(self, time: float) -> Vector:
        left = self._curve.at(time - self.keyframes[0].time)
        for path in self._paths[:-1]:
            if left <= path.length:
                return path.at(left)
            left -= path.length
        return self._paths[-1].at(left)


@dataclass(frozen=True)
class Change:
    """The change from one keyframe to the next, separately for each dimension."""

    before: Keyframe
    after: Keyframe

    @cached_property
    def _curves(self) -> list[TimeCurve]:
        pairs = zip(numbers(self.before), numbers(self.after), strict=True)
        return [
            time_curve(
                self.after.time - self.before.time,
                end - start,
                leaving=ease_out(self.before, dimension),
                arriving=ease_in(self.after, dimension),
            )
            for dimension, (start, end) in enumerate(pairs)
        ]

    def at(self, time: float) -> Vector:
        passed = time - self.before.time
        values = zip(numbers(self.before), self._curves, strict=True)
        return tuple(start + curve.at(passed) for start, curve in values)


def numbers(keyframe: Keyframe) -> Vector:
    """The keyframe's numeric value; empty if its value is not numeric."""
    return keyframe.value if isinstance(keyframe.value, tuple) else ()


def ease_out(keyframe: Keyframe, dimension: int) -> Ease | None:
    """The ease with which a dimension leaves the keyframe; None: it is linear."""
    eased = keyframe.departure is Interpolation.BEZIER
    return _ease(keyframe.ease_out, dimension) if eased else None


def ease_in(keyframe: Keyframe, dimension: int) -> Ease | None:
    return _ease(keyframe.ease_in, dimension) if keyframe.arrival is Interpolation.BEZIER else None


def _ease(eases: Sequence[Ease], dimension: int) -> Ease | None:
    """The ease of a dimension. A single ease applies to all dimensions."""
    return eases[min(dimension, len(eases) - 1)] if eases else None
