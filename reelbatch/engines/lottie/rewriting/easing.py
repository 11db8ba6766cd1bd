"""Easing as ThorVG needs it: a single curve per keyframe, with a unique name.

A keyframe may have a curve for each dimension, but ThorVG uses the first one for all. It also
confuses curves whose names share the first letters, or that agree in two digits. On a curved motion
path it is off by pixels.
"""

import math
from collections.abc import Iterable, Iterator

from reelbatch.engines.lottie.document import Json, is_object, objects
from reelbatch.engines.lottie.reading.walking import all_objects
from reelbatch.engines.lottie.rewriting.curves import (
    Curve,
    Segment,
    curve_of,
    is_spatial,
    is_straight,
    on_curve,
    read_segments,
    time_of,
)

_MAX_SAMPLES = 20_000  # keyframes that may be added to a document
_FINEST = 1000  # keyframes that replace a single one


class _Budget:
    """How many keyframes may still be added, and the names of the curves so far."""

    def __init__(self) -> None:
        self.samples = _MAX_SAMPLES
        self._names: dict[Curve, str] = {}

    def name(self, curve: Curve) -> str:
        return self._names.setdefault(curve, f"c{len(self._names)}")


def unify_easing(layers: Iterable[Json]) -> None:
    """Give every keyframe of `layers` a single curve, or write out a keyframe for each frame.

    Curved motion paths are written out too, unless the layer is oriented along its path.
    """
    budget = _Budget()
    for layer in layers:
        is_oriented = bool(layer.get("ao"))
        for animated in list(all_objects(layer)):
            keyframes = objects(animated.get("k"))
            if any("i" in keyframe and "t" in keyframe for keyframe in keyframes):
                animated["k"] = list(_eased(keyframes, budget, keeps_paths=is_oriented))


def _eased(keyframes: list[Json], budget: _Budget, *, keeps_paths: bool) -> Iterator[Json]:
    segments = {segment.start: segment for segment in read_segments(keyframes)}
    former: Segment | None = None
    for keyframe, following in zip(keyframes, [*keyframes[1:], {}], strict=True):
        if former is not None:  # older files only write a segment's end next to its start
            keyframe.setdefault("s", former.after)
        segment = former = segments.get(time_of(keyframe, math.nan))
        curves = segment.moving_curves if segment else []
        # lottie-web moves straight only if the next keyframe itself states where the path ends
        if segment and "s" in following and is_straight(keyframe, segment):
            for key in ("to", "ti"):
                keyframe.pop(key, None)
        is_curved = is_spatial(keyframe)
        can_stay = len(curves) < 2 or is_curved
        if segment is None or segment.holds or (keeps_paths if is_curved else can_stay):
            _name(keyframe, curves[0] if curves else curve_of(keyframe, 0), budget)
            yield keyframe
            continue
        samples = _samples(keyframe, segment)
        budget.samples -= len(samples)
        if budget.samples < 0:
            yield keyframe
        else:
            yield from samples


def _name(keyframe: Json, curve: Curve, budget: _Budget) -> None:
    if is_object(keyframe.get("i")) and is_object(keyframe.get("o")):
        x1, y1, x2, y2 = curve
        keyframe |= {"o": {"x": x1, "y": y1}, "i": {"x": x2, "y": y2}, "n": budget.name(curve)}


def _samples(keyframe: Json, segment: Segment) -> list[Json]:
    length = segment.end - segment.start
    count = min(_FINEST, math.ceil(length))
    # on whole frames, because only these are drawn
    whole = math.floor(segment.start) + 1
    step = max(1.0, length / count)
    times = [t for t in (whole + n * step for n in range(count)) if t < segment.end]
    if is_spatial(keyframe):
        values = on_curve(keyframe, segment, times)
    else:
        values = [segment.at(time) for time in times]
    first = {"t": segment.start, "s": segment.before}
    return [first, *({"t": t, "s": value} for t, value in zip(times, values, strict=True))]
