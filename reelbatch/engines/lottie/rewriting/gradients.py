"""Lays the radius of radial gradients level: ThorVG reckons that of others up to 7 % too long."""

import math
from collections.abc import Iterable

from reelbatch.engines.lottie.document import Json, array
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import all_shapes
from reelbatch.engines.lottie.rewriting.curves import Track, read_track, sampled, times_of

GRADIENTS = ("gf", "gs")
_RADIAL = 2
_LEVEL = 1e-3  # pixels: an error that nobody sees
_MAX_SAMPLES = 20_000  # keyframes in a document


def lay_gradients_level(layers: Iterable[Json]) -> None:
    """Turn the end of each radial gradient about its start, and its highlight back by as much."""
    left = _MAX_SAMPLES
    for layer in layers:
        for shape in all_shapes(layer.get("shapes")):
            if shape.get("ty") in GRADIENTS and shape.get("t") == _RADIAL:
                start, end = (read_track(shape.get(key)) for key in ("s", "e"))
                if start is None or end is None or min(len(start.rest), len(end.rest)) < 2:
                    continue
                turn = _turned(shape, start, end)
                left -= sum(len(array(turned["k"])) for turned in turn.values())
                if left >= 0:
                    shape |= turn


def _turned(shape: Json, start: Track, end: Track) -> dict[str, Json]:
    """The properties that change; none where the radius is upright or level already."""
    radii = [_difference(start.at(t), end.at(t)) for t in times_of([start, end]) or [0.0]]
    if all(min(abs(x), abs(y)) < _LEVEL for x, y in radii):
        return {}
    level = sampled([start, end], lambda of: [of[0][0] + math.hypot(*_difference(*of)), of[0][1]])
    highlight, angle = (read_track(shape.get(key, still(0))) for key in ("h", "a"))
    if highlight is None or angle is None or not (highlight.segments or highlight.rest[0]):
        return {"e": level}
    return {"e": level, "a": sampled([start, end, angle], _angle)}


def _difference(start: list[float], end: list[float]) -> tuple[float, float]:
    return end[0] - start[0], end[1] - start[1]


def _angle(of: list[list[float]]) -> list[float]:
    start, end, angle = of
    x, y = _difference(start, end)
    return [angle[0] + math.degrees(math.atan2(y, x))]
