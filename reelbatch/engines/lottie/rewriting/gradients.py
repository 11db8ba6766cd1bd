"""Gradients: ThorVG reckons the radius of radial ones up to 7 % too long, unless it lies level.

It also puts the stops of colours and of opacities together before it goes from one keyframe to the
next, which goes wrong where they do not stay in their places.
"""

import math
from collections.abc import Iterable

from reelbatch.engines.lottie.document import Json, array, is_object, number
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import all_shapes
from reelbatch.engines.lottie.rewriting.curves import Track, read_track, sampled, times_of

GRADIENTS = ("gf", "gs")
_RADIAL = 2
_LEVEL = 1e-3  # pixels: an error that nobody sees
_MAX_SAMPLES = 20_000  # keyframes in a document


def level_radial_gradients(layers: Iterable[Json]) -> None:
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


def write_out_moving_stops(layers: Iterable[Json]) -> None:
    """Give gradients whose stops move, and that have opacities, a keyframe for each frame."""
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
    """`colors` are the numbers of its stops of colours, four each; those of opacities follow."""
    states = [track.rest, *(segment.after for segment in track.segments)]
    places = {(*state[:colors:4], *state[colors::2]) for state in states}
    return len(track.rest) > colors and len(places) > 1


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
