"""Turns stars and polygons into outlines, because ThorVG moves the corners of trimmed ones.

If the number of points changes, ThorVG lets a point grow; lottie-web only adds whole points.
"""

import itertools
import math
from collections.abc import Iterable, Iterator

from reelbatch.engines.lottie.document import Json
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import all_shapes
from reelbatch.engines.lottie.rewriting.curves import Track, read_track, times_of

_POLYGON = 2  # value of `sy`
_BACKWARDS = 3  # value of `d`, the direction
_MAX_POINTS = 100_000  # of all outlines of a document at all their keyframes
_PROPERTIES = {"pt": 5, "p": [0, 0], "r": 0, "or": 0, "os": 0, "ir": 0, "is": 0}


def replace_stars(layers: Iterable[Json]) -> None:
    """Turn stars and polygons that always have points into outlines."""
    left = _MAX_POINTS
    for layer in layers:
        for shape in all_shapes(layer.get("shapes")):
            tracks = _tracks(shape) if shape.get("ty") == "sr" else None
            if tracks is None:
                continue
            times = times_of(list(tracks.values()))
            counts = [tracks["pt"].at(time)[0] for time in times or [0.0]]
            if min(counts) < 1:
                continue
            left -= math.ceil(2 * sum(counts))
            if left < 0:
                return
            outline = still(_outline(shape, tracks, 0.0))
            if times:
                keyframes = [{"t": t, "s": [_outline(shape, tracks, t)]} for t in times]
                _hold_where_corners_come(keyframes)
                outline = {"a": 1, "k": keyframes}
            for key in (*_PROPERTIES, "sy", "d"):
                shape.pop(key, None)
            shape |= {"ty": "sh", "ks": outline}


def _tracks(shape: Json) -> dict[str, Track] | None:
    all_tracks = {
        key: read_track(shape.get(key, still(usual))) for key, usual in _PROPERTIES.items()
    }
    tracks = {key: track for key, track in all_tracks.items() if track is not None}
    if len(tracks) < len(all_tracks) or len(tracks["p"].rest) < 2:
        return None
    return tracks


def _hold_where_corners_come(keyframes: list[Json]) -> None:
    """Hold the outline where the number of corners changes: it cannot be interpolated."""
    for before, after in itertools.pairwise(keyframes):
        if len(before["s"][0]["v"]) != len(after["s"][0]["v"]):
            before["h"] = 1


def _outline(shape: Json, tracks: dict[str, Track], time: float) -> Json:
    """A path that starts at the top, as in lottie-web."""
    corners = list(_corners(shape, {key: track.at(time) for key, track in tracks.items()}))
    return {
        "c": True,
        "v": [[x, y] for x, y, _, _ in corners],
        "i": [[dx, dy] for _, _, dx, dy in corners],
        "o": [[-dx, -dy] for _, _, dx, dy in corners],
    }


def _corners(
    shape: Json, values: dict[str, list[float]]
) -> Iterator[tuple[float, float, float, float]]:
    """The corners, each with its incoming handle: x, y, and the handle's x and y."""
    is_polygon = shape.get("sy") == _POLYGON
    count = math.floor(values["pt"][0]) * (1 if is_polygon else 2)
    direction = -1 if shape.get("d") == _BACKWARDS else 1
    for number in range(count):
        inner = "i" if number % 2 and not is_polygon else "o"
        radius, roundness = values[f"{inner}r"][0], values[f"{inner}s"][0] / 100
        angle = math.radians(values["r"][0] - 90) + direction * number * math.tau / count
        x, y = math.cos(angle), math.sin(angle)
        around = math.tau * abs(radius) / (count * (4 if is_polygon else 2))
        reach = around * roundness * direction
        center = values["p"]
        yield center[0] + radius * x, center[1] + radius * y, reach * y, -reach * x
