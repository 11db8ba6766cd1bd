"""Turns rectangles into outlines, because ThorVG snaps upright rectangles to whole pixels."""

from collections.abc import Iterable

from reelbatch.engines.lottie.document import Json, array, is_object, number, objects
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import all_shapes
from reelbatch.engines.lottie.rewriting.curves import read_track, times_of

_BACKWARDS = 3  # value of `d`, the direction
_MAX_SAMPLES = 20_000  # keyframes of all outlines in a document


def replace_rectangles(layers: Iterable[Json]) -> None:
    """Turn rectangles without rounded corners into outlines."""
    left = _MAX_SAMPLES
    for layer in layers:
        for shape in all_shapes(layer.get("shapes")):
            if shape.get("ty") != "rc" or not _has_corners(shape):
                continue
            outline = _outline(shape, left)
            if outline is not None:
                left -= len(array(outline["k"]))
                for key in ("p", "s", "r"):
                    shape.pop(key, None)
                shape |= {"ty": "sh", "ks": outline}


def _has_corners(shape: Json) -> bool:
    radius = shape.get("r")
    return radius is None or (
        is_object(radius) and radius.get("k") in (0, [0]) and "x" not in radius
    )


def _outline(shape: Json, most: int) -> Json | None:
    """The outline; None if it cannot be computed or would need more than `most` keyframes."""
    place, size = (read_track(shape.get(key, still([0, 0]))) for key in ("p", "s"))
    if place is None or size is None or len(place.rest) < 2 or len(size.rest) < 2:
        return None
    backwards = shape.get("d") == _BACKWARDS
    if not place.segments and not size.segments:
        return still(_corners(place.rest, size.rest, backwards=backwards))
    keyframes: list[Json]
    moving = [key for key, track in (("p", place), ("s", size)) if track.segments]
    if len(moving) == 1:
        keyframes = _with_easing(objects(shape[moving[0]].get("k")))
    else:
        keyframes = [{"t": time} for time in times_of([place, size])]
    if len(keyframes) > most:
        return None
    for keyframe in keyframes:
        time = number(keyframe["t"], 0.0)
        keyframe["s"] = [_corners(place.at(time), size.at(time), backwards=backwards)]
    return {"a": 1, "k": keyframes}


def _with_easing(keyframes: list[Json]) -> list[Json]:
    keys = ("t", "i", "o", "n", "h")
    return [{key: keyframe[key] for key in keys if key in keyframe} for keyframe in keyframes]


def _corners(place: list[float], size: list[float], *, backwards: bool) -> Json:
    """A path that starts at the top right, as in lottie-web, which matters for trimmed paths."""
    (x, y), (w, h) = place[:2], (size[0] / 2, size[1] / 2)
    corners = [[x + w, y - h], [x + w, y + h], [x - w, y + h], [x - w, y - h]]
    if backwards:
        corners[1:] = corners[:0:-1]
    straight = [[0, 0]] * 4
    return {"i": straight, "o": straight, "v": corners, "c": True}
