"""Converts properties with their keyframes.

Lottie describes motion by two handles in a square of time and progress, After Effects by speed and
influence (`Ease`). A handle's time is the influence, and its progress is the influence times the
speed divided by the average speed. Roving keyframes and eases between equal values cannot be
expressed in this way: such a property gets a keyframe for each frame.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from reelbatch.projects.conversion.curves import (
    LINEAR_HANDLE,
    Change,
    Ride,
    ease_in,
    ease_out,
    motion_path,
    numbers,
)
from reelbatch.projects.model import (
    Ease,
    Interpolation,
    Keyframe,
    Property,
    Value,
)

Json = dict[str, Any]
Converter = Callable[[Value], Any]
"""Converts a value to the document's form."""

_STATEMENT = re.compile(r"(?:var|let|const|if|for|while|do|try|switch|function|return|//|/\*|\{)")
_DIGITS = 5  # decimal places
_WHOLE = 0.01  # frames; projects store rates such as 29.97 as a slightly inexact fraction
_MAX_BAKED = 20_000  # keyframes in each span of a property
_COLOR_SPEED = 255.0  # speeds of colours are for channels from 0 to 255


@dataclass(frozen=True)
class Clock:
    """Converts seconds of the project to frames of the document."""

    frame_rate: float  # frames per second

    def frames(self, seconds: float) -> float:
        """Times close to a whole frame are rounded to it, so that layers do not begin after it."""
        frames = seconds * self.frame_rate
        whole = round(frames)
        return whole if abs(frames - whole) < _WHOLE else rounded(frames)


def still(value: Any) -> Json:
    return {"a": 0, "k": value}


def rounded(value: float) -> float:
    """Round to five decimal places; whole numbers become integers."""
    short = round(value, _DIGITS)
    return int(short) if short == int(short) else short


def vector(value: Value) -> list[float]:
    """Converts numbers without changing them."""
    return [rounded(number) for number in value] if isinstance(value, tuple) else []


def scalar(value: Value) -> float:
    """Converts a single number."""
    return rounded(value[0]) if isinstance(value, tuple) and value else 0


def scaled(factor: float) -> Converter:
    def convert(value: Value) -> Any:
        numbers = [rounded(number * factor) for number in value] if isinstance(value, tuple) else []
        return numbers[0] if len(numbers) == 1 else numbers

    return convert


def animated(one: Property | None, default: Any, clock: Clock, convert: Converter = vector) -> Json:
    """A property in Lottie's form; `default` if the project does not contain it."""
    if one is None:
        return still(default)
    is_written = one.keyframes or one.value is not None
    found = _animated(one, clock, convert) if is_written else still(default)
    if one.expression:
        found["x"] = script(one.expression)
    if one.slot:
        found["sid"] = one.slot
    return found


def script(expression: str) -> str:
    """An expression as Bodymovin writes it: a single one sets `$bm_rt`, which players read.

    The value of several statements is that of the last one, which a player's `eval` returns.
    """
    line = expression.strip().removesuffix(";")
    is_one = ";" not in line and "\n" not in line and not _STATEMENT.match(line)
    return f"var $bm_rt;\n$bm_rt = {line};" if is_one else expression


def _animated(one: Property, clock: Clock, convert: Converter) -> Json:
    keyframes = one.keyframes
    if len(keyframes) < 2:
        return still(convert(keyframes[0].value if keyframes else one.value))
    if not _needs_baking(one):
        return {"a": 1, "k": list(_keyframes(one, clock, convert))}
    return {"a": 1, "k": list(_baked(one, clock, convert))}


def _keyframes(one: Property, clock: Clock, convert: Converter) -> Iterator[Json]:
    for before, after in itertools.pairwise(one.keyframes):
        yield _keyframe(before, after, clock, convert, color=one.color)
    last = one.keyframes[-1]
    yield {"t": clock.frames(last.time), "s": _start(convert(last.value)), "h": 1}


def _keyframe(
    before: Keyframe, after: Keyframe, clock: Clock, convert: Converter, *, color: bool
) -> Json:
    start: Json = {"t": clock.frames(before.time), "s": _start(convert(before.value))}
    if before.departure is Interpolation.HOLD:
        return start | {"h": 1}
    handles = list(_handles(before, after, color=color))
    start |= {
        "o": {"x": [rounded(h[0][0]) for h in handles], "y": [rounded(h[0][1]) for h in handles]},
        "i": {"x": [rounded(h[1][0]) for h in handles], "y": [rounded(h[1][1]) for h in handles]},
    }
    if any((*(before.tangent_out or ()), *(after.tangent_in or ()))):
        start["to"] = _start(convert(before.tangent_out))
        start["ti"] = _start(convert(after.tangent_in))
    return start


def _start(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


Handle = tuple[float, float]
_EVEN: tuple[Handle, Handle] = (
    (LINEAR_HANDLE, LINEAR_HANDLE),
    (1 - LINEAR_HANDLE, 1 - LINEAR_HANDLE),
)


def _handles(before: Keyframe, after: Keyframe, *, color: bool) -> Iterator[tuple[Handle, Handle]]:
    """The leaving and arriving handles of each dimension that has its own ease."""
    if not (before.ease_out or after.ease_in):
        separate = isinstance(before.value, tuple) and not (color or _has_path(before))
        yield from [_EVEN] * (len(numbers(before)) if separate else 1)
        return
    duration = after.time - before.time
    for dimension, change in enumerate(_changes(before, after, color=color)):
        leaving, arriving = ease_out(before, dimension), ease_in(after, dimension)
        out, into = _handle(leaving, change, duration), _handle(arriving, change, duration)
        if _has_path(before) and not color:  # motion never reverses on a path
            out, into = (out[0], min(out[1], 1.0)), (into[0], min(into[1], 1.0))
        yield out, (1 - into[0], 1 - into[1])


def _changes(before: Keyframe, after: Keyframe, *, color: bool) -> list[float]:
    """The change of each dimension, in the units of its speed.

    Vertices and gradients that change evenly have a speed of 1, whatever the duration.
    """
    if not isinstance(before.value, tuple):
        return [after.time - before.time]
    if color:
        return [math.dist(numbers(before), numbers(after)) * _COLOR_SPEED]
    if _has_path(before):
        return [motion_path(before, after).length]
    return [b - a for a, b in zip(numbers(before), numbers(after), strict=True)]


def _handle(ease: Ease | None, change: float, duration: float) -> Handle:
    """The handle's time and progress, measured from its own keyframe."""
    if ease is None:
        return LINEAR_HANDLE, LINEAR_HANDLE
    if change == 0:
        return ease.influence, ease.influence
    return ease.influence, ease.speed * ease.influence * duration / change


def _has_path(keyframe: Keyframe) -> bool:
    return keyframe.tangent_out is not None


def _needs_baking(one: Property) -> bool:
    if not isinstance(one.keyframes[0].value, tuple):
        return False
    if any(keyframe.roving for keyframe in one.keyframes[1:-1]):
        return True
    return not one.color and any(
        before.departure is not Interpolation.HOLD and _moves_in_place(before, after)
        for before, after in itertools.pairwise(one.keyframes)
    )


def _moves_in_place(before: Keyframe, after: Keyframe) -> bool:
    """Whether a value changes and returns to where it was."""
    if _has_path(before):
        return False
    eases = (
        (change, ease)
        for dimension, change in enumerate(_changes(before, after, color=False))
        for ease in (ease_out(before, dimension), ease_in(after, dimension))
    )
    return any(change == 0 and ease is not None and ease.speed != 0 for change, ease in eases)


def _baked(one: Property, clock: Clock, convert: Converter) -> Iterator[Json]:
    for span in _spans(one.keyframes):
        first, last = span[0], span[-1]
        motion = Ride(span) if _has_path(first) else Change(first, last)
        holds = first.departure is Interpolation.HOLD
        for time in [first.time] if holds else _times(first.time, last.time, clock):
            value = numbers(first) if holds else motion.at(time)
            yield _point(clock.frames(time), convert(value), holds=holds)
    yield _point(clock.frames(one.keyframes[-1].time), convert(one.keyframes[-1].value), holds=True)


def _point(frame: float, value: Any, *, holds: bool) -> Json:
    point: Json = {"t": frame, "s": _start(value)}
    if holds:
        return point | {"h": 1}
    return point | {"o": {"x": [0], "y": [0]}, "i": {"x": [1], "y": [1]}}


def _spans(keyframes: Sequence[Keyframe]) -> Iterator[Sequence[Keyframe]]:
    """The keyframes from each one that has its own time to the next such one."""
    start = 0
    for position in range(1, len(keyframes)):
        if not keyframes[position].roving or position == len(keyframes) - 1:
            yield keyframes[start : position + 1]
            start = position


def _times(start: float, end: float, clock: Clock) -> Iterable[float]:
    """The start and all whole frames before the end."""
    first = math.floor(start * clock.frame_rate) + 1
    last = math.ceil(end * clock.frame_rate)
    step = max(1, math.ceil((last - first) / _MAX_BAKED))
    return [start, *(frame / clock.frame_rate for frame in range(first, last, step))]
