"""Corrects gradients.

ThorVG makes the radius of radial gradients up to 7 % too long, unless it is horizontal. It also
merges the colour stops and opacity stops before it interpolates between keyframes, which is wrong
if the stops move.
"""

import math
from collections.abc import Iterable

from reelbatch.engines.lottie.document import Json, array, is_object, number
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import all_shapes
from reelbatch.engines.lottie.rewriting.curves import Track, read_track, sampled, times_of

GRADIENTS = ("gf", "gs")
_RADIAL = 2
_INVISIBLE = 1e-3  # pixels: an error that nobody sees
_MAX_SAMPLES = 20_000  # keyframes in a document


def level_radial_gradients(layers: Iterable[Json]) -> None:
    """Rotate the end of radial gradients about their start, and compensate in the highlight."""
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


def write_out_moving_stops(layers: Iterable[Json]) -> None:
    """Give gradients with opacities and moving stops a keyframe for each frame."""
    left = _MAX_SAMPLES
    for layer in layers:
        for shape in all_shapes(layer.get("shapes")):
            gradient = shape.get("g") if shape.get("ty") in GRADIENTS else None
            stops = gradient.get("k") if is_object(gradient) else None
            if not is_object(gradient) or not is_object(stops):
                continue
            track = read_track(stops)
            if track is None or not _moves(track, 4 * int(number(gradient.get("p"), 0.0))):
                continue
            written = sampled([track], lambda of: of[0])
            left -= len(written["k"])
            if left >= 0:
                stops |= {"a": 1, "k": [keyframe | {"h": 1} for keyframe in written["k"]]}


def _moves(track: Track, colors: int) -> bool:
    """Whether stops move. `colors` numbers are colour stops, four each; opacity stops follow."""
    states = [track.rest, *(segment.after for segment in track.segments)]
    places = {(*state[:colors:4], *state[colors::2]) for state in states}
    return len(track.rest) > colors and len(places) > 1


def _turned(shape: Json, start: Track, end: Track) -> dict[str, Json]:
    """The changed properties; empty if the radius is vertical or horizontal already."""
    radii = [_difference(start.at(t), end.at(t)) for t in times_of([start, end]) or [0.0]]
    if all(min(abs(x), abs(y)) < _INVISIBLE for x, y in radii):
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
