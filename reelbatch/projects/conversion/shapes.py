"""Converts the contents of shape layers."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from reelbatch.models.wire.warnings import WarningCode
from reelbatch.projects.conversion.gradients import gradient_colors
from reelbatch.projects.conversion.keyframes import (
    Clock,
    Converter,
    Json,
    animated,
    scalar,
    vector,
)
from reelbatch.projects.conversion.paths import path_property
from reelbatch.projects.conversion.transforms import group_transform, repeater_transform
from reelbatch.projects.model import Group
from reelbatch.projects.reasons import Reasons


@dataclass(frozen=True)
class Field:
    """A field of a shape, its property, and the default that After Effects does not write."""

    key: str
    match_name: str
    default: Any
    convert: Converter = scalar
    plain: bool = False  # not animated, such as a choice


def _choice(key: str, match_name: str) -> Field:
    return Field(key, match_name, 1, plain=True)


_point = partial(Field, default=[0, 0], convert=vector)
_DIRECTION = _choice("d", "ADBE Vector Shape Direction")
_RULE = _choice("r", "ADBE Vector Fill Rule")
_LINE = (
    Field("w", "ADBE Vector Stroke Width", 2),
    _choice("lc", "ADBE Vector Stroke Line Cap"),
    _choice("lj", "ADBE Vector Stroke Line Join"),
    Field("ml", "ADBE Vector Stroke Miter Limit", 4, plain=True),
)
_GRADIENT = (
    _choice("t", "ADBE Vector Grad Type"),
    _point("s", "ADBE Vector Grad Start Pt"),
    Field("e", "ADBE Vector Grad End Pt", [100, 0], convert=vector),
    Field("h", "ADBE Vector Grad HiLite Length", 0),
    Field("a", "ADBE Vector Grad HiLite Angle", 0),
)
_FILLED = Field("o", "ADBE Vector Fill Opacity", 100)
_STROKED = Field("o", "ADBE Vector Stroke Opacity", 100)

# By match name: the type of the shape, and its fields
# (https://lottie.github.io/lottie-spec/latest/specs/shapes/).
_SHAPES: dict[str, tuple[str, tuple[Field, ...]]] = {
    "ADBE Vector Shape - Rect": (
        "rc",
        (
            Field("s", "ADBE Vector Rect Size", [100, 100], convert=vector),
            _point("p", "ADBE Vector Rect Position"),
            Field("r", "ADBE Vector Rect Roundness", 0),
            _DIRECTION,
        ),
    ),
    "ADBE Vector Shape - Ellipse": (
        "el",
        (
            Field("s", "ADBE Vector Ellipse Size", [100, 100], convert=vector),
            _point("p", "ADBE Vector Ellipse Position"),
            _DIRECTION,
        ),
    ),
    "ADBE Vector Shape - Star": (
        "sr",
        (
            _choice("sy", "ADBE Vector Star Type"),
            Field("pt", "ADBE Vector Star Points", 5),
            _point("p", "ADBE Vector Star Position"),
            Field("r", "ADBE Vector Star Rotation", 0),
            Field("ir", "ADBE Vector Star Inner Radius", 50),
            Field("or", "ADBE Vector Star Outer Radius", 100),
            Field("is", "ADBE Vector Star Inner Roundess", 0),
            Field("os", "ADBE Vector Star Outer Roundess", 0),
            _DIRECTION,
        ),
    ),
    "ADBE Vector Shape - Group": ("sh", ()),
    "ADBE Vector Graphic - Fill": (
        "fl",
        (Field("c", "ADBE Vector Fill Color", [1, 0, 0, 1], convert=vector), _FILLED, _RULE),
    ),
    "ADBE Vector Graphic - Stroke": (
        "st",
        (Field("c", "ADBE Vector Stroke Color", [1, 1, 1, 1], convert=vector), _STROKED, *_LINE),
    ),
    "ADBE Vector Graphic - G-Fill": ("gf", (*_GRADIENT, _FILLED, _RULE)),
    "ADBE Vector Graphic - G-Stroke": ("gs", (*_GRADIENT, _STROKED, *_LINE)),
    "ADBE Vector Filter - Trim": (
        "tm",
        (
            Field("s", "ADBE Vector Trim Start", 0),
            Field("e", "ADBE Vector Trim End", 100),
            Field("o", "ADBE Vector Trim Offset", 0),
            _choice("m", "ADBE Vector Trim Type"),
        ),
    ),
    "ADBE Vector Filter - Repeater": (
        "rp",
        (
            Field("c", "ADBE Vector Repeater Copies", 1),
            Field("o", "ADBE Vector Repeater Offset", 0),
            _choice("m", "ADBE Vector Repeater Order"),
        ),
    ),
    "ADBE Vector Filter - RC": ("rd", (Field("r", "ADBE Vector RoundCorner Radius", 10),)),
    "ADBE Vector Filter - Merge": ("mm", (_choice("mm", "ADBE Vector Merge Type"),)),
    "ADBE Vector Filter - Offset": (
        "op",
        (
            Field("a", "ADBE Vector Offset Amount", 10),
            _choice("lj", "ADBE Vector Offset Line Join"),
            Field("ml", "ADBE Vector Offset Miter Limit", 4),
        ),
    ),
    "ADBE Vector Filter - PB": ("pb", (Field("a", "ADBE Vector PuckerBloat Amount", 10),)),
    "ADBE Vector Filter - Twist": (
        "tw",
        (Field("a", "ADBE Vector Twist Angle", 10), _point("c", "ADBE Vector Twist Center")),
    ),
    "ADBE Vector Filter - Zigzag": (
        "zz",
        (
            Field("s", "ADBE Vector Zigzag Size", 5),
            Field("r", "ADBE Vector Zigzag Detail", 10),
            Field("pt", "ADBE Vector Zigzag Points", 1),
        ),
    ),
}
_GROUP = "ADBE Vector Group"
_TRANSFORM = "ADBE Vector Transform Group"
_PAINTS = frozenset({"fl", "st", "gf", "gs"})
_DASHES = {"ADBE Vector Stroke Dash": "d", "ADBE Vector Stroke Gap": "g"}
_DASH_OFFSET = "ADBE Vector Stroke Offset"
_REVERSED = (3.0,)
_ABOVE = 2.0  # the composite order of a paint above the previous ones

# Properties that change nothing at this value, and the reason at any other value.
_NEUTRAL: dict[str, tuple[float, str]] = {
    "ADBE Vector Blend Mode": (1.0, "The blend mode of a group of shapes is not drawn."),
    "ADBE Vector Taper Start Length": (0.0, "A stroke's taper is not drawn."),
    "ADBE Vector Taper End Length": (0.0, "A stroke's taper is not drawn."),
    "ADBE Vector Taper Wave Amount": (0.0, "A stroke's wave is not drawn."),
    "ADBE Vector Offset Copies": (1.0, "Offset Paths makes only one copy."),
}


# Details of a taper or wave, which matter only if there is one.
_TAPERS = frozenset(
    {
        "ADBE Vector Taper Length Units",
        "ADBE Vector Taper Start Width",
        "ADBE Vector Taper End Width",
        "ADBE Vector Taper Start Ease",
        "ADBE Vector Taper End Ease",
        "ADBE Vector Taper Wave Units",
        "ADBE Vector Taper Wave Phase",
        "ADBE Vector Taper Wavelength",
    }
)
_CONVERTED_ELSEWHERE = frozenset(
    {
        "ADBE Vector Shape",
        "ADBE Vector Shape Direction",
        "ADBE Vector Composite Order",
        "ADBE Vector Grad Colors",
    }
)


def shapes_of(contents: Group, clock: Clock, reasons: Reasons) -> list[Json]:
    """The enabled contents of a shape layer or group, from top to bottom."""
    shapes: list[Json] = []
    for group in contents.groups:
        if not group.enabled:
            continue
        shape = _shape(group, clock, reasons)
        if shape is not None:
            _place(shapes, shape, group, reasons)
    return shapes


def _shape(group: Group, clock: Clock, reasons: Reasons) -> Json | None:
    if group.match_name == _GROUP:
        return _group(group, clock, reasons)
    known = _SHAPES.get(group.match_name)
    if known is None:
        reasons.add(WarningCode.SHAPE_NOT_DRAWN, f"{group.name} is not drawn.")
        return None
    kind, fields = known
    _check_unconverted(group, {field.match_name for field in fields}, reasons)
    shape: Json = {"ty": kind, "nm": group.name}
    for field in fields:
        one = group.leaf(field.match_name)
        if field.plain:
            shape[field.key] = field.convert(one.value) if one else field.default
        else:
            shape[field.key] = animated(one, field.default, clock, field.convert)
    shape |= _particulars(kind, group, clock, reasons)
    if kind == "sh" and "ks" not in shape:
        return None
    return shape


def _particulars(kind: str, group: Group, clock: Clock, reasons: Reasons) -> Json:
    """The fields of some shapes that the table does not describe."""
    found: Json = {}
    if kind == "sh":
        direction = group.leaf(_DIRECTION.match_name)
        backwards = direction is not None and direction.value == _REVERSED
        shape = group.leaf("ADBE Vector Shape")
        path = path_property(shape, clock, reasons, backwards=backwards)
        found |= {} if path is None else {"ks": path}
    if kind == "rp":
        found["tr"] = repeater_transform(group.group("ADBE Vector Repeater Transform"), clock)
    if kind in ("gf", "gs"):
        found["g"] = gradient_colors(group.leaf("ADBE Vector Grad Colors"), clock, reasons)
    if kind in ("st", "gs"):
        dashes = list(_dashes(group.group("ADBE Vector Stroke Dashes"), clock))
        found |= {"d": dashes} if dashes else {}
        for name in ("ADBE Vector Stroke Taper", "ADBE Vector Stroke Wave"):
            _check_unconverted(group.group(name), _TAPERS, reasons)
    return found


def _group(group: Group, clock: Clock, reasons: Reasons) -> Json:
    _check_unconverted(group, frozenset(), reasons)
    transform = group_transform(group.group(_TRANSFORM), clock)
    inner = shapes_of(group.group("ADBE Vectors Group"), clock, reasons)
    return {"ty": "gr", "nm": group.name, "it": [*inner, transform]}


def _dashes(group: Group, clock: Clock) -> Iterator[Json]:
    """Alternating dashes and gaps. The gap after a dash defaults to the dash's length."""
    written = [one for one in group.properties if one.match_name != _DASH_OFFSET]
    for one in written:
        kind = next((key for name, key in _DASHES.items() if one.match_name.startswith(name)), None)
        if kind is not None:
            yield {"n": kind, "nm": one.name, "v": animated(one, 10, clock, scalar)}
    if written:
        offset = group.leaf(_DASH_OFFSET)
        yield {"n": "o", "nm": "offset", "v": animated(offset, 0, clock, scalar)}


def _place(shapes: list[Json], shape: Json, group: Group, reasons: Reasons) -> None:
    """Add a shape below the previous paints, or above them if the project says so."""
    order = group.leaf("ADBE Vector Composite Order")
    first = next((n for n, one in enumerate(shapes) if one["ty"] in _PAINTS), None)
    if shape["ty"] not in _PAINTS or order is None or order.value != (_ABOVE,) or first is None:
        shapes.append(shape)
        return
    if any(one["ty"] not in _PAINTS for one in shapes[first:]):
        reasons.add(
            WarningCode.SHAPE_NOT_DRAWN, "A fill or stroke above another is drawn below it."
        )
        shapes.append(shape)
        return
    shapes.insert(first, shape)


def _check_unconverted(group: Group, converted: Collection[str], reasons: Reasons) -> None:
    """Add a reason for each property that is set in the project but not converted."""
    for one in group.properties:
        if one.match_name in converted or one.match_name in _CONVERTED_ELSEWHERE:
            continue
        neutral, message = _NEUTRAL.get(one.match_name, (None, None))
        if one.keyframes or one.expression or neutral is None or one.value != (neutral,):
            reasons.add(
                WarningCode.SHAPE_NOT_DRAWN, message or f"{one.name} of {group.name} is not drawn."
            )
