"""Writes out loop expressions as keyframes.

`loopOut` and its variants are the expressions that designers use most. Nothing is executed: the
line that Bodymovin exports for them is recognised as text, and the keyframes are repeated up to the
layer's end, or back to its beginning. Anything that is not exactly such a line is left alone, as is
a loop that would need too many keyframes.
"""

import copy
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reelbatch.engines.lottie.document import Json, array, is_object, number, objects
from reelbatch.engines.lottie.reading.walking import all_objects

_EXPRESSION = re.compile(
    r"\s*(?:var\s+\$bm_rt\s*;)?\s*(?:\$bm_rt\s*=)?\s*"
    r"(?P<name>loopOut|loopIn|loopOutDuration|loopInDuration)\(\s*"
    r"(?:(?P<quote>['\"])(?P<kind>cycle|pingpong|offset|continue)(?P=quote)\s*"
    r"(?:,\s*(?P<amount>\d{1,9}(?:\.\d{1,9})?)\s*)?)?\)\s*;?\s*"
)
_LONGEST_EXPRESSION = 200  # characters
_MAX_KEYFRAMES = 20_000  # of all loops in a document
_STEP = 0.01  # frames that a jump from one value to the next takes
_ARRIVES, _LEAVES = {"x": [1], "y": [1]}, {"x": [0], "y": [0]}


def unroll_loops(layers: Iterable[Json], frame_rate: float) -> None:
    """Replace the loop expressions of `layers` with keyframes."""
    budget = _MAX_KEYFRAMES
    for layer in layers:
        span = (number(layer.get("ip"), 0.0), number(layer.get("op"), 0.0))
        for animated in _with_expressions(layer):
            loop = _read_loop(animated, frame_rate)
            keyframes = loop.unrolled(span, budget) if loop is not None else None
            if keyframes is not None:
                budget -= len(keyframes)
                animated.update(a=1, k=keyframes)
                del animated["x"]


def is_loop(animated: Json) -> bool:
    """Whether the property's expression is one that `unroll_loops` writes out."""
    script = animated["x"]
    keyframes = objects(animated.get("k"))
    return (
        len(keyframes) > 1
        and len(script) <= _LONGEST_EXPRESSION
        and bool(_EXPRESSION.fullmatch(script))
    )


def _with_expressions(layer: Json) -> list[Json]:
    """The keyframed properties of a layer that have an expression."""
    return [
        value
        for value in all_objects(layer)
        if isinstance(value.get("x"), str) and len(objects(value.get("k"))) > 1
    ]


@dataclass(frozen=True)
class _Loop:
    """A loop over the keyframes from `first` to `last`, both included."""

    keyframes: list[Json]
    first: int
    last: int
    kind: str
    is_outward: bool  # loopOut: after the last keyframe; else before the first one

    def unrolled(self, span: tuple[float, float], budget: int) -> list[Json] | None:
        """The keyframes with their repetitions within `span`; None if that is not possible."""
        if self.kind == "continue":
            return self._continued(span)
        length = self._time(self.last) - self._time(self.first)
        missing = span[1] - self._time(self.last) if self.is_outward else self._time(0) - span[0]
        if length <= 0:
            return None
        passes = max(0, math.ceil(missing / length))
        if (passes + 2) * (self.last - self.first + 1) + len(self.keyframes) > budget:
            return None
        rounds = range(passes + 1) if self.is_outward else range(-passes, 1)
        try:
            return self._joined([self._pass(number) for number in rounds])
        except _NotNumbers:
            return None

    def _joined(self, passes: list[list[Json]]) -> list[Json]:
        """The passes one after another, with a jump if one starts at a different value."""
        joined = copy.deepcopy(self.keyframes[: self.first])
        for position, current in enumerate(passes):
            joined += current[:-1]
            end = current[-1]
            following = passes[position + 1][0] if position + 1 < len(passes) else None
            if following is None:
                joined.append({**self.keyframes[self.last], **end} if not self.is_outward else end)
            elif following["s"] != end["s"]:
                joined.append({"t": end["t"] - _STEP, "s": end["s"], "h": 1})
        return joined + copy.deepcopy(self.keyframes[self.last + 1 :])

    def _pass(self, number_: int) -> list[Json]:
        """The looped keyframes of the n-th repetition; negative: before the original."""
        looped = self.keyframes[self.first : self.last + 1]
        shift = number_ * (looped[-1]["t"] - looped[0]["t"])
        if self.kind == "pingpong" and number_ % 2:
            return _reversed(looped, shift)
        repeated = [{**copy.deepcopy(keyframe), "t": keyframe["t"] + shift} for keyframe in looped]
        if self.kind == "offset" and number_:
            change = _combined(looped[-1]["s"], looped[0]["s"], -1.0)
            for keyframe in repeated:
                keyframe["s"] = _combined(keyframe["s"], change, number_)
        return repeated

    def _continued(self, span: tuple[float, float]) -> list[Json] | None:
        """Continues at the speed of the last keyframe, or arrives at the speed of the first."""
        here, there = (-1, -2) if self.is_outward else (0, 1)
        edge, neighbour = self.keyframes[here], self.keyframes[there]
        segment = neighbour if self.is_outward else edge
        length = edge["t"] - neighbour["t"]
        far = span[1] if self.is_outward else span[0]
        is_curved = any(any(array(segment.get(key))) for key in ("to", "ti"))
        if not length or is_curved or (far - edge["t"]) * length <= 0:
            return None
        steps = (far - edge["t"]) / length * _slope(segment, at_end=self.is_outward)
        try:
            change = _combined(edge["s"], neighbour["s"], -1.0)
            value = _combined(edge["s"], change, steps)
        except _NotNumbers:
            return None
        original = copy.deepcopy(self.keyframes)
        if self.is_outward:
            return [*original[:-1], _linear(edge["t"], edge["s"]), {"t": far, "s": value}]
        return [_linear(far, value), *original]

    def _time(self, position: int) -> float:
        return float(self.keyframes[position]["t"])


class _NotNumbers(Exception):
    """The values cannot be added, such as those of a path."""


def _read_loop(animated: Json, frame_rate: float) -> _Loop | None:
    expression = animated["x"]
    if len(expression) > _LONGEST_EXPRESSION:
        return None
    match = _EXPRESSION.fullmatch(expression)
    keyframes = _complete(objects(animated["k"]))
    if match is None or keyframes is None:
        return None
    name, amount = match["name"], float(match["amount"] or 0)
    is_outward = name.startswith("loopOut")
    end = len(keyframes) - 1
    reach = amount
    if name.endswith("Duration") and amount:
        reach = _segments_within(keyframes, amount * frame_rate, is_outward=is_outward)
    if reach is None or reach != int(reach):
        return None
    segments = min(int(reach), end) or end  # 0 means all
    return _Loop(
        keyframes=keyframes,
        first=end - segments if is_outward else 0,
        last=end if is_outward else segments,
        kind=match["kind"] or "cycle",
        is_outward=is_outward,
    )


def _segments_within(keyframes: list[Json], frames: float, *, is_outward: bool) -> float | None:
    """How many segments last `frames`; None if no keyframe is exactly there."""
    times = [keyframe["t"] for keyframe in keyframes]
    distances = [abs(time - times[-1 if is_outward else 0]) for time in times]
    if is_outward:
        distances.reverse()
    if frames >= distances[-1]:
        return len(times) - 1
    near = [n for n, distance in enumerate(distances) if n and abs(distance - frames) < _STEP]
    return near[0] if near else None


def _complete(keyframes: list[Json]) -> list[Json] | None:
    """Keyframes with ascending times, each with its value; None if that is not possible.

    Older files write a segment's end value (`e`) next to its start value.
    """
    complete: list[Json] = []
    for keyframe in keyframes:
        value = keyframe.get("s", complete[-1].get("e") if complete else None)
        time = keyframe.get("t")
        if value is None or not isinstance(time, (int, float)):
            return None
        if complete and (
            time <= complete[-1]["t"] or complete[-1].get("e", value) not in (value, None)
        ):
            return None
        complete.append({**keyframe, "s": value})
    return [{key: v for key, v in keyframe.items() if key != "e"} for keyframe in complete]


def _reversed(looped: list[Json], shift: float) -> list[Json]:
    """The keyframes played backwards, in the time that they take forwards."""
    start, end = looped[0]["t"] + shift, looped[-1]["t"]
    backwards: list[Json] = []
    for before, after in zip(looped[-2::-1], looped[:0:-1], strict=True):
        time = start + end - after["t"]
        if before.get("h"):
            backwards.append({"t": time, "s": before["s"], "h": 1})
            continue
        keyframe: Json = {"t": time, "s": after["s"]}
        for key, other in (("i", "o"), ("o", "i")):
            if is_object(before.get(other)):
                keyframe[key] = {axis: _mirrored(v) for axis, v in before[other].items()}
        for key, other in (("to", "ti"), ("ti", "to")):
            if other in before:
                keyframe[key] = before[other]
        backwards.append(keyframe)
    return [*backwards, {"t": start + end - looped[0]["t"], "s": looped[0]["s"]}]


def _mirrored(coordinate: object) -> Any:
    """A coordinate of an easing handle, seen from the other end."""
    handles = array(coordinate)
    return [1 - number(h, 0.0) for h in handles] if handles else 1 - number(coordinate, 0.0)


def _combined(value: object, change: object, times: float) -> Any:
    """`value` plus `times` the `change`, for numbers and lists of them. Raises _NotNumbers."""
    if isinstance(value, (int, float)) and isinstance(change, (int, float)):
        return value + times * change
    values, changes = array(value), array(change)
    if not values or len(values) != len(changes):
        raise _NotNumbers
    return [_combined(v, c, times) for v, c in zip(values, changes, strict=True)]


def _slope(segment: Json, *, at_end: bool) -> float:
    """The speed of a segment at one of its ends, as a multiple of its mean speed."""
    if segment.get("h"):
        return 0.0
    out_x, out_y = _handle(segment.get("o"), _LEAVES)
    in_x, in_y = _handle(segment.get("i"), _ARRIVES)
    # the handle next to that end, or the other one if it lies on the end
    handles = [(1 - in_x, 1 - in_y), (1 - out_x, 1 - out_y)]
    if not at_end:
        handles = [(out_x, out_y), (in_x, in_y)]
    return next((rise / run for run, rise in handles if abs(run) > _STEP / 10), 1.0)


def _handle(easing: object, default: Json) -> tuple[float, float]:
    handle = easing if is_object(easing) else default
    return _first(handle.get("x")), _first(handle.get("y"))


def _first(value: object) -> float:
    return number((array(value) or [value])[0], 0.0)


def _linear(time: float, value: object) -> Json:
    return {"t": time, "s": value, "i": _ARRIVES, "o": _LEAVES}
