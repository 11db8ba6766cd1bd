"""Paths in several groups that are trimmed like a single path ("individually").

ThorVG trims each group by itself. So each path gets its own trim, which starts where those above it
end.
"""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from reelbatch.engines.lottie.document import Json, is_object, objects
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.rewriting.curves import read_track, sampled
from reelbatch.engines.lottie.rewriting.ridges import points_of

_INDIVIDUALLY = 2  # value of `m`
_PATHS = frozenset({"sh", "el"})
_ROUND = 0.5519  # length of an ellipse's handles as a share of its radius
_PLAIN = frozenset({*_PATHS, "fl", "st", "gf", "gs", "tr"})  # what a group with a trim may contain
_STEPS = 50  # points on a curve for measuring its length


def trim_individually(layers: Iterable[Json]) -> None:
    """Replace trims without an offset in layers whose groups have a single still path each."""
    for layer in layers:
        shapes = objects(layer.get("shapes"))
        for position, trim in enumerate(shapes):
            if trim.get("ty") == "tm" and trim.get("m") == _INDIVIDUALLY:
                groups = [shape for shape in shapes[:position] if shape.get("hd") is not True]
                if _trim_groups(groups, trim):
                    layer["shapes"] = [shape for shape in shapes if shape is not trim]
                break


def _trim_groups(groups: list[Json], trim: Json) -> bool:
    start, end = (read_track(trim.get(key, still(0))) for key in "se")
    offset = read_track(trim.get("o", still(0)))
    paths = [_only_path(group) for group in groups]
    lengths = [_length(path) for path in paths if path is not None]
    if start is None or end is None or offset is None or offset.segments or offset.rest[0] % 360:
        return False
    if len(lengths) < len(paths) or len(paths) < 2 or min(lengths) <= 0:
        return False
    before, whole = 0.0, sum(lengths)
    for group, length in zip(groups, lengths, strict=True):
        own = {
            key: sampled([start, end], partial(_share, choose, before, length, whole))
            for key, choose in (("s", min), ("e", max))
        }
        at = next(n for n, item in enumerate(group["it"]) if item.get("ty") in _PATHS)
        group["it"].insert(at + 1, {"ty": "tm", "m": 1, "o": still(0), **own})
        before += length
    return True


def _share(
    choose: Callable[[float, float], float],
    before: float,
    length: float,
    whole: float,
    values: list[list[float]],
) -> list[float]:
    """Convert a percentage of the `whole` to one of a path that starts at `before`."""
    place = min(max(choose(values[0][0], values[1][0]), 0.0), 100.0) / 100 * whole
    return [100 * min(max((place - before) / length, 0.0), 1.0)]


def _only_path(group: Json) -> Json | None:
    items = objects(group.get("it"))
    if group.get("ty") != "gr" or any(item.get("ty") not in _PLAIN for item in items):
        return None
    paths = [item for item in items if item.get("ty") in _PATHS]
    if len(paths) == 1 and paths[0].get("ty") == "el":
        return _ellipse(paths[0])
    outline = paths[0].get("ks") if len(paths) == 1 else None
    path = outline.get("k") if is_object(outline) else None
    return path if is_object(path) else None


def _ellipse(shape: Json) -> Json | None:
    size = read_track(shape.get("s"))
    if size is None or size.segments or len(size.rest) < 2:
        return None
    x, y = size.rest[0] / 2, size.rest[1] / 2
    across, down = [x * _ROUND, 0.0], [0.0, y * _ROUND]
    back, up = [-across[0], 0.0], [0.0, -down[1]]
    points = [[0.0, -y], [x, 0.0], [0.0, y], [-x, 0.0]]
    return {"v": points, "i": [back, up, across, down], "o": [across, down, back, up], "c": True}


def _length(path: Json) -> float:
    outline = points_of(path)
    if path.get("c") is True:
        outline = np.concatenate([outline, outline[:1]])
    t = np.linspace(0, 1, _STEPS)[:, None, None]
    start, end = outline[:-1], outline[1:]
    curves = (1 - t) ** 3 * start[:, 0] + 3 * (1 - t) ** 2 * t * start[:, 2]
    curves = curves + 3 * (1 - t) * t**2 * end[:, 1] + t**3 * end[:, 0]
    return float(np.linalg.norm(np.diff(curves, axis=0), axis=2).sum())
