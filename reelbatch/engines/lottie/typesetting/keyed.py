"""The value of an animated property at any frame."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from reelbatch.engines.lottie.document import Json, array, is_object, number, objects

Vector = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_CURVE_STEPS = 100  # points on a curve for measuring its length
_EASING_STEPS = 30  # of bisection: far finer than a pixel


class Keyed:
    """A numeric property. The default replaces anything in it that is not a number."""

    def __init__(self, source: object, default: Sequence[float]) -> None:
        self._default = np.array(default, float)
        content = source.get("k") if is_object(source) else None
        self._keyframes = complete_keyframes(objects(content))
        self._still = self._vector(content) if not self._keyframes else self._default

    @cached_property
    def times(self) -> list[float]:
        """The times of its keyframes; before the first and after the last, nothing changes."""
        return [keyframe["t"] for keyframe in self._keyframes]

    def at(self, frame: float) -> Vector:
        keyframes = self._keyframes
        if not keyframes:
            return self._still
        position = max(0, bisect_right(self.times, frame) - 1)
        before = keyframes[position]
        start = self._vector(before["s"])
        if frame <= before["t"] or position == len(keyframes) - 1 or before.get("h") == 1:
            return start
        after = keyframes[position + 1]
        end = self._vector(before["e"] if before.get("e") is not None else after["s"])
        share = (frame - before["t"]) / (after["t"] - before["t"])
        eased = eased_share(before, share, len(start))
        if any(any(array(before.get(key))) for key in ("to", "ti")):
            return self._on_curve(before, start, end, float(eased[0]))
        return start + (end - start) * eased

    def value(self, frame: float) -> float:
        return float(self.at(frame)[0])

    def _vector(self, value: object) -> Vector:
        numbers: list[object] = array(value) or [value]
        missing = [None] * len(self._default)
        pairs = zip([*numbers, *missing], self._default, strict=False)
        return np.array([number(each, float(default)) for each, default in pairs])

    def _on_curve(self, keyframe: Json, start: Vector, end: Vector, share: float) -> Vector:
        """The position at a `share` of the length of a curved motion path."""
        first, second = (_handle_vector(keyframe.get(key), len(start)) for key in ("to", "ti"))
        t = np.linspace(0, 1, _CURVE_STEPS + 1)[:, None]
        points = (
            (1 - t) ** 3 * start
            + 3 * (1 - t) ** 2 * t * (start + first)
            + 3 * (1 - t) * t**2 * (end + second)
            + t**3 * end
        )
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        lengths = [0.0, *np.cumsum(steps).tolist()]
        if not lengths[-1] > 0:
            return start
        place = share * lengths[-1]
        after = min(max(bisect_right(lengths, place), 1), len(lengths) - 1)
        before, step = points[after - 1], lengths[after] - lengths[after - 1]
        return before + (points[after] - before) * ((place - lengths[after - 1]) / (step or 1.0))


def _handle_vector(value: object, size: int) -> Vector:
    numbers = [number(each, 0.0) for each in array(value)[:size]]
    return np.array([*numbers, *[0.0] * (size - len(numbers))])


def complete_keyframes(keyframes: list[Json]) -> list[Json]:
    """Keyframes with values and ascending times; in older files the last one has no value."""
    complete: list[Json] = []
    for keyframe in keyframes:
        time = keyframe.get("t")
        value = keyframe.get("s", complete[-1].get("e") if complete else None)
        if not isinstance(time, (int, float)) or value is None:
            continue
        if complete and time <= complete[-1]["t"]:
            complete.pop()
        complete.append({**keyframe, "t": float(time), "s": value})
    return complete


def eased_share(keyframe: Json, share: float, size: int) -> Vector:
    """How much of a segment's change has happened, for each dimension."""
    leaving, arriving = keyframe.get("o"), keyframe.get("i")
    if not is_object(leaving) or not is_object(arriving):
        return np.full(size, share)
    handles = [
        [_handle(source.get(axis), dimension) for source in (leaving, arriving) for axis in "xy"]
        for dimension in range(size if isinstance(leaving.get("x"), list) else 1)
    ]
    eased = [ease(share, *handle) for handle in handles]
    return np.array(eased if len(eased) == size else eased * size)


def _handle(value: Any, dimension: int) -> float:
    numbers = array(value) or [value]
    return number(numbers[min(dimension, len(numbers) - 1)], 0.0)


def ease(share: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """The y of a cubic curve from 0,0 to 1,1 where its x is `share`."""
    if x1 == y1 and x2 == y2:
        return share
    x1, x2 = min(max(x1, 0.0), 1.0), min(max(x2, 0.0), 1.0)
    low, high, t = 0.0, 1.0, share
    for _ in range(_EASING_STEPS):
        t = (low + high) / 2
        if _bezier(t, x1, x2) < share:
            low = t
        else:
            high = t
    return _bezier(t, y1, y2)


def _bezier(t: float, first: float, second: float) -> float:
    return 3 * (1 - t) ** 2 * t * first + 3 * (1 - t) * t**2 * second + t**3
