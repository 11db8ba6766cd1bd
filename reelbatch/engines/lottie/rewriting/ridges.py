"""Applies zig-zags to outlines, because ThorVG does not support this modifier."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from reelbatch.engines.lottie.document import Json, array, is_object, number, objects
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import all_shapes, states
from reelbatch.engines.lottie.rewriting.curves import Vector, read_track

_SMOOTH = 2  # value of `pt`; else corners
_MAX_POINTS = 100_000  # of all outlines of a document at all their keyframes
_FARTHEST = 1e9  # pixels, so that whatever is computed from it fits into JSON
_MAX_RIDGES = 10_000  # per segment
_LONGEST_RIDGE = 1e4  # pixels; with thousands of 1e5, ThorVG sometimes needs a minute


def write_out_zigzags(layers: Iterable[Json]) -> None:
    """Apply each zig-zag to the outlines before it, also those in groups, and remove it.

    An animated zig-zag keeps its initial size and number of ridges.
    """
    left = _MAX_POINTS
    for layer in layers:
        for holder, key in [
            (layer, "shapes"),
            *((group, "it") for group in all_shapes(layer.get("shapes"))),
        ]:
            items = objects(holder.get(key))
            for position, item in enumerate(items):
                if item.get("ty") == "zz" and left > 0:
                    for path in _paths_before(items[:position]):
                        left -= _bend(path, item, left)
            if any(item.get("ty") == "zz" for item in items):
                holder[key] = [item for item in items if item.get("ty") != "zz"]


def _paths_before(items: list[Json]) -> Iterator[Json]:
    return (shape for shape in all_shapes(items) if shape.get("ty") == "sh")


def _bend(shape: Json, zigzag: Json, most: int) -> int:
    """Bend all states of a path unless they would have more than `most` points in total."""
    size, count = (read_track(zigzag.get(key, still(0))) for key in ("s", "r"))
    kind = read_track(zigzag.get("pt", still(1)))
    if size is None or count is None or kind is None or not is_object(shape.get("ks")):
        return 0
    ridges = min(max(0, round(count.rest[0])), _MAX_RIDGES)
    paths = [path for state in states(shape["ks"]) for path in (objects(state) or [state])]
    outlines = [points_of(path) for path in paths if is_object(path)]
    total = sum(len(outline) for outline in outlines) * (ridges + 1)
    if total > most or len(outlines) < len(paths) or any(len(each) < 2 for each in outlines):
        return 0
    length = min(max(size.rest[0], -_LONGEST_RIDGE), _LONGEST_RIDGE)
    for path, outline in zip(paths, outlines, strict=True):
        is_closed = path.get("c") is True
        path |= _bent(outline, length, ridges, kind.rest[0] == _SMOOTH, is_closed)
    return total


def points_of(path: Json) -> Vector:
    """A path as (points, 3, 2): the points, their incoming and their outgoing handles."""
    rows = zip(*(array(path.get(key)) for key in "vio"), strict=False)
    places = [[_place(part) for part in row] for row in rows]
    outline = np.clip(np.array(places, float).reshape(-1, 3, 2), -_FARTHEST, _FARTHEST)
    outline[:, 1:] += outline[:, :1]
    return outline


def _place(value: object) -> list[float]:
    return [number(part, 0.0) for part in [*array(value), 0, 0][:2]]


def _bent(outline: Vector, size: float, ridges: int, is_smooth: bool, is_closed: bool) -> Json:
    """The path with `ridges` between its points, on alternating sides, as in lottie-web."""
    points = outline[:, 0]
    count = len(points)
    bent: list[tuple[list[float], list[float], list[float]]] = []
    side = -1

    def add(place: Vector, along: Vector, before: float, after: float) -> None:
        angle = math.atan2(along[0], along[1])
        x = float(place[0]) + math.cos(angle) * side * size
        y = float(place[1]) - math.sin(angle) * side * size
        share = is_smooth / (2 * (ridges + 1))
        ahead = (math.sin(angle), math.cos(angle))
        arriving = [-ahead[0] * before * share, -ahead[1] * before * share]
        bent.append(([x, y], arriving, [part * after * share for part in ahead]))

    def add_corner(at: int) -> None:
        before, here, after = points[at - 1], points[at % count], points[(at + 1) % count]
        add(here, after - before, math.dist(before, here), math.dist(here, after))

    add_corner(0)
    for at in range(count if is_closed else count - 1):
        start, end = outline[at], outline[(at + 1) % count]
        curve = np.array([start[0], start[2], end[1], end[0]])
        for handle, near, far in ((1, 0, 3), (2, 3, 0)):
            if (curve[handle] == curve[near]).all():  # a straight line has a constant speed
                curve[handle] += (curve[far] - curve[near]) / 3
        length = math.dist(start[0], end[0])
        side = -side
        for ridge in range(1, ridges + 1):
            t = ridge / (ridges + 1)
            add(_bernstein(3, t) @ curve, _bernstein(2, t) @ np.diff(curve, axis=0), length, length)
            side = -side
        add_corner(at + 1)
    return dict(zip("vio", map(list, zip(*bent, strict=True)), strict=True))


def _bernstein(degree: int, t: float) -> Vector:
    """The weights of a curve's control points at `t`."""
    parts = range(degree + 1)
    return np.array([math.comb(degree, k) * t**k * (1 - t) ** (degree - k) for k in parts])
