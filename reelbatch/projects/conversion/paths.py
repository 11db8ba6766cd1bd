"""Converts the Bezier paths of shapes and masks."""

from dataclasses import replace

from reelbatch.models.wire.warnings import WarningCode
from reelbatch.projects.conversion.keyframes import Clock, Json, animated, rounded
from reelbatch.projects.model import Interpolation, Keyframe, Path, Point, Property, Value
from reelbatch.projects.reasons import Reasons


def path_property(
    one: Property | None, clock: Clock, reasons: Reasons, *, backwards: bool = False
) -> Json | None:
    """A path with its keyframes; None if there is nothing to draw.

    Players ignore a path's direction, so `backwards` reverses its vertices.
    """
    values = [keyframe.value for keyframe in one.keyframes] or [one.value] if one else []
    counts = {len(value.vertices) for value in values if isinstance(value, Path)}
    if one is None or not any(counts):
        return None
    if len(counts) > 1:
        reasons.add(
            WarningCode.SHAPE_NOT_DRAWN,
            "A path that changes its number of points jumps from keyframe to keyframe.",
        )
        one = replace(one, keyframes=tuple(_held(keyframe) for keyframe in one.keyframes))
    return animated(one, None, clock, _reversed if backwards else outline)


def _held(keyframe: Keyframe) -> Keyframe:
    return replace(keyframe, departure=Interpolation.HOLD)


def outline(value: Value) -> Json:
    """Converts a path. An empty path becomes a point, because players require vertices."""
    if not isinstance(value, Path) or not value.vertices:
        return {"v": [[0, 0]], "i": [[0, 0]], "o": [[0, 0]], "c": False}
    return {
        "v": _points(value.vertices),
        "i": _points(value.arriving),
        "o": _points(value.leaving),
        "c": value.closed,
    }


def _points(points: tuple[Point, ...]) -> list[list[float]]:
    return [[rounded(x), rounded(y)] for x, y in points]


def _reversed(value: Value) -> Json:
    """The path with its direction reversed. A closed path keeps its first vertex."""
    if isinstance(value, Path):
        first = 1 if value.closed else 0
        value = replace(
            value,
            vertices=_reversed_points(value.vertices, first),
            arriving=_reversed_points(value.leaving, first),
            leaving=_reversed_points(value.arriving, first),
        )
    return outline(value)


def _reversed_points(points: tuple[Point, ...], first: int) -> tuple[Point, ...]:
    return (*points[:first], *reversed(points[first:]))
