"""Converts the transforms of layers, groups of shapes and repeaters."""

from reelbatch.models.wire.warnings import WarningCode
from reelbatch.projects.conversion.keyframes import (
    Clock,
    Json,
    animated,
    rounded,
    scalar,
)
from reelbatch.projects.model import Group, Layer, Property, Value, Vector
from reelbatch.projects.reasons import Reasons

_ANCHOR, _POSITION, _SCALE = "ADBE Anchor Point", "ADBE Position", "ADBE Scale"
_ROTATION, _OPACITY, _ORIENTATION = "ADBE Rotate Z", "ADBE Opacity", "ADBE Orientation"
_FROM_THE_SIDE = ("ADBE Rotate X", "ADBE Rotate Y", _ORIENTATION)
_DIMENSIONS = (("x", "ADBE Position_0"), ("y", "ADBE Position_1"))


def layer_transform(
    layer: Layer, clock: Clock, *, anchor: tuple[float, float], position: tuple[float, float]
) -> Json:
    """The `ks` of a layer. After Effects does not write the defaults `anchor` and `position`."""
    group = layer.tree.group("ADBE Transform Group")
    return {
        "o": animated(group.leaf(_OPACITY), 100, clock, scalar),
        "r": animated(group.leaf(_ROTATION), 0, clock, scalar),
        "p": _position(group, clock, position),
        "a": animated(group.leaf(_ANCHOR), [*map(rounded, anchor), 0], clock),
        "s": animated(group.leaf(_SCALE), [100, 100, 100], clock),
    }


def check_depth(layer: Layer, reasons: Reasons, *, with_camera: bool) -> None:
    """Report layers with depth. They are drawn flat, which is right only for the default camera."""
    group = layer.tree.group("ADBE Transform Group")
    deep = [
        one
        for name in (_POSITION, _ANCHOR)
        if (one := group.leaf(name)) is not None and any(_depth(value) for value in _values(one))
    ]
    turned = [
        one
        for name in _FROM_THE_SIDE
        if (one := group.leaf(name)) is not None
        and (one.expression or any(any(value) for value in _numbers(one)))
    ]
    separate = group.leaf("ADBE Position_2")
    apart = separate is not None and (
        bool(separate.expression) or any(any(value) for value in _numbers(separate))
    )
    if with_camera or deep or turned or apart:
        reasons.add(WarningCode.LAYER_IN_3D, "Three-dimensional layers are drawn flat.")


def _values(one: Property) -> list[Value]:
    return [keyframe.value for keyframe in one.keyframes] or [one.value]


def _numbers(one: Property) -> list[Vector]:
    return [value for value in _values(one) if isinstance(value, tuple)]


def _depth(value: Value) -> bool:
    return isinstance(value, tuple) and len(value) > 2 and abs(value[2]) > 1e-6


def _position(group: Group, clock: Clock, default: tuple[float, float]) -> Json:
    together = group.leaf(_POSITION)
    if together is None or not together.separated:
        return animated(together, [*map(rounded, default), 0], clock)
    separate = {
        key: animated(group.leaf(name), rounded(default[n]), clock, scalar)
        for n, (key, name) in enumerate(_DIMENSIONS)
    }
    return {"s": True, **separate}


def group_transform(group: Group, clock: Clock) -> Json:
    """The `tr` of a group of shapes."""
    return {
        "ty": "tr",
        "p": animated(group.leaf("ADBE Vector Position"), [0, 0], clock),
        "a": animated(group.leaf("ADBE Vector Anchor"), [0, 0], clock),
        "s": animated(group.leaf("ADBE Vector Scale"), [100, 100], clock),
        "r": animated(group.leaf("ADBE Vector Rotation"), 0, clock, scalar),
        "o": animated(group.leaf("ADBE Vector Group Opacity"), 100, clock, scalar),
        "sk": animated(group.leaf("ADBE Vector Skew"), 0, clock, scalar),
        "sa": animated(group.leaf("ADBE Vector Skew Axis"), 0, clock, scalar),
    }


def repeater_transform(group: Group, clock: Clock) -> Json:
    return {
        "ty": "tr",
        "p": animated(group.leaf("ADBE Vector Repeater Position"), [0, 0], clock),
        "a": animated(group.leaf("ADBE Vector Repeater Anchor"), [0, 0], clock),
        "s": animated(group.leaf("ADBE Vector Repeater Scale"), [100, 100], clock),
        "r": animated(group.leaf("ADBE Vector Repeater Rotation"), 0, clock, scalar),
        "so": animated(group.leaf("ADBE Vector Repeater Opacity 1"), 100, clock, scalar),
        "eo": animated(group.leaf("ADBE Vector Repeater Opacity 2"), 100, clock, scalar),
    }
