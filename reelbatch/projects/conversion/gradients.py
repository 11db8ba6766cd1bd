"""Converts gradients. Lottie has no midpoints, so a midpoint becomes a stop."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reelbatch.models.wire.warnings import WarningCode
from reelbatch.projects.conversion.keyframes import Clock, Json, animated, rounded, still
from reelbatch.projects.model import Gradient, GradientStop, Property, Value
from reelbatch.projects.reasons import Reasons

_MIDDLE = 0.5
_WHITE_TO_BLACK = [0, 1, 1, 1, 1, 0, 0, 0]  # After Effects' default


def gradient_colors(one: Property | None, clock: Clock, reasons: Reasons) -> Json:
    """The `g` of a gradient fill or stroke."""
    values = [keyframe.value for keyframe in one.keyframes] or [one.value] if one else []
    gradients = [value for value in values if isinstance(value, Gradient)]
    if one is None or not gradients:
        return {"p": 2, "k": still(_WHITE_TO_BLACK)}
    with_midpoints = any(
        stop.midpoint != _MIDDLE
        for gradient in gradients
        for stop in (*gradient.colors, *gradient.opacities)
    )
    clear = any(stop.value[0] < 1 for gradient in gradients for stop in gradient.opacities)

    def stops(value: Value) -> list[float]:
        """The offset and colour of each stop, followed by the offsets and opacities."""
        if not isinstance(value, Gradient):
            return []
        opacities = value.opacities if clear else ()
        return [
            *_flat(value.colors, with_midpoints=with_midpoints),
            *_flat(opacities, with_midpoints=with_midpoints),
        ]

    lengths = {len(stops(gradient)) for gradient in gradients}
    if len(lengths) > 1:
        reasons.add(
            WarningCode.GRADIENT_NOT_DRAWN,
            "A gradient that changes its number of stops is not animated.",
        )
        one = replace(one, keyframes=(), value=gradients[0])
    count = len(list(_with_midpoints(gradients[0].colors, with_midpoints=with_midpoints)))
    return {"p": count, "k": animated(one, [], clock, stops)}


def _flat(stops: Sequence[GradientStop], *, with_midpoints: bool) -> Iterator[float]:
    for offset, *value in _with_midpoints(stops, with_midpoints=with_midpoints):
        yield rounded(offset)
        yield from map(rounded, value)


def _with_midpoints(
    stops: Sequence[GradientStop], *, with_midpoints: bool
) -> Iterator[Sequence[float]]:
    ordered = sorted(stops, key=lambda stop: stop.offset)
    for before, after in itertools.pairwise(ordered):
        yield (before.offset, *before.value)
        if with_midpoints:
            middle = before.offset + (after.offset - before.offset) * before.midpoint
            pairs = zip(before.value, after.value, strict=True)
            yield (middle, *((a + b) / 2 for a, b in pairs))
    for last in ordered[-1:]:
        yield (last.offset, *last.value)
