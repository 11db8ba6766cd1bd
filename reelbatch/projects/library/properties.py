"""Reads groups and properties with their values and keyframes."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

from py_aep import Keyframe as LibraryKeyframe
from py_aep import KeyframeEase as LibraryEase
from py_aep import (
    KeyframeInterpolationType,
    MarkerValue,
    MaskMode,
    MaskPropertyGroup,
    PropertyGroup,
)
from py_aep import Property as LibraryProperty
from py_aep import Shape as LibraryShape
from py_aep.models.properties.gradient import Gradient as LibraryGradient

from reelbatch.projects.library.refusals import number, vector
from reelbatch.projects.model import (
    Ease,
    Gradient,
    GradientStop,
    Group,
    Interpolation,
    Keyframe,
    Marker,
    MaskSwitches,
    Path,
    Point,
    Property,
    Text,
    Value,
    Vector,
)

_TEXT = "ADBE Text Document"
_CONTROL, _PSEUDO = " Control", "Pseudo/"  # in match names of effects that only contain values
_INTERPOLATIONS: dict[object, Interpolation] = {
    KeyframeInterpolationType.LINEAR: Interpolation.LINEAR,
    KeyframeInterpolationType.BEZIER: Interpolation.BEZIER,
    KeyframeInterpolationType.HOLD: Interpolation.HOLD,
}


def read_properties(
    stored: list[LibraryProperty | PropertyGroup], texts: Iterator[list[Text]]
) -> Iterator[Group | Property]:
    """Read properties. `texts` are the texts of the text properties, in order."""
    for one in stored:
        if isinstance(one, LibraryProperty):
            words = next(texts, list[Text]()) if one.match_name == _TEXT else []
            if _is_set(one):
                yield read_property(one, words)
            continue
        holds_values = one.match_name.endswith(_CONTROL) or one.match_name.startswith(_PSEUDO)
        if one.is_effect and holds_values:  # expressions also read the ones that the file omits
            parameters = (each for each in one.properties if isinstance(each, LibraryProperty))
            children = tuple(read_property(each, []) for each in parameters)
        else:
            inner = one._properties  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
            children = tuple(read_properties(inner, texts))
        yield Group(
            match_name=one.match_name,
            name=one.name,
            enabled=one.enabled,
            children=children,
            mask=_mask(one) if isinstance(one, MaskPropertyGroup) else None,
            effect=one.is_effect,
        )


def _is_set(one: LibraryProperty) -> bool:
    """Whether the property is set. Two of them may be in the file without being set."""
    if one.match_name == "ADBE Time Remapping":
        return bool(one.keyframes)
    if one.match_name == "ADBE Layer Source Alternate":
        return _item_of(one) is not None
    return not one._tdbs.synthetic  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001


def _mask(mask: MaskPropertyGroup) -> MaskSwitches:
    mode = MaskMode(mask.mask_mode)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return MaskSwitches(mode.name.lower(), mask.inverted)


def _item_of(one: LibraryProperty) -> int | None:
    """The item that replaces the source of a layer."""
    chunk = one._blsi  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return (chunk.value or None) if chunk is not None else None


def read_property(one: LibraryProperty, texts: list[Text]) -> Property:
    keyframes = one.keyframes
    if keyframes:  # otherwise the library computes it for each value
        one._effect_scale = one._effect_scale  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    values: Sequence[Value] = [_value(keyframe.value) for keyframe in keyframes]
    if texts:  # in the order of the keyframes
        values = [*texts, *[texts[-1]] * len(keyframes)][: len(keyframes)]
    stretch = one._time_stretch if keyframes else 1.0  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    read = [
        _keyframe(keyframe, value, stretch)
        for keyframe, value in zip(keyframes, values, strict=True)
    ]
    value = values[0] if values else texts[0] if texts else _value(one.value)
    pointer = one._tdpi  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return Property(
        match_name=one.match_name,
        name=one.name,
        value=value,
        keyframes=tuple(reversed(read) if stretch < 0 else read),
        expression=one.expression if one.expression_enabled else "",
        color=bool(one._color),  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
        separated=one.dimensions_separated,
        layer=None if pointer is None else pointer.value,
        item=_item_of(one),
    )


def _keyframe(one: LibraryKeyframe, value: Value, stretch: float) -> Keyframe:
    """Convert a keyframe. Its eases are in the layer's time, which may be stretched or reversed."""
    arrival = _INTERPOLATIONS[one.in_interpolation_type]  # pyright: ignore[reportUnknownMemberType]
    departure = _INTERPOLATIONS[one.out_interpolation_type]  # pyright: ignore[reportUnknownMemberType]
    bent = Interpolation.BEZIER in (arrival, departure)
    is_eased = bent and isinstance(value, (tuple, Path, Gradient))
    pace = stretch if isinstance(value, tuple) else math.copysign(1.0, stretch)
    ease_in = _eases(one.in_temporal_ease, pace) if is_eased else ()
    ease_out = _eases(one.out_temporal_ease, pace) if is_eased else ()
    tangents = _tangent(one.in_spatial_tangent), _tangent(one.out_spatial_tangent)
    if stretch < 0:
        arrival, departure = departure, arrival
        ease_in, ease_out = ease_out, ease_in
        tangents = tangents[1], tangents[0]
    return Keyframe(
        time=number(one.time),
        value=value,
        arrival=arrival,
        departure=departure,
        ease_in=ease_in,
        ease_out=ease_out,
        tangent_in=tangents[0],
        tangent_out=tangents[1],
        roving=one.roving,
    )


def _eases(eases: list[LibraryEase], stretch: float) -> tuple[Ease, ...]:
    return tuple(Ease(number(one.speed) / stretch, number(one.influence) / 100) for one in eases)


def _tangent(tangent: list[float] | None) -> Vector | None:
    return None if tangent is None else vector(tangent)


def _value(value: object) -> Value:
    if isinstance(value, LibraryShape):
        return _path(value)
    if isinstance(value, LibraryGradient):
        return Gradient(
            tuple(
                GradientStop(number(one.offset), number(one.midpoint), vector(list(one.color)))
                for one in value.color_stops
            ),
            tuple(
                GradientStop(number(one.offset), number(one.midpoint), (number(one.alpha),))
                for one in value.alpha_stops
            ),
        )
    if isinstance(value, MarkerValue):
        return Marker(value.comment, number(value.duration))
    if isinstance(value, (int, float)):
        return (number(value),)
    return vector(cast("list[Any]", value)) if isinstance(value, list) else None


def _path(shape: LibraryShape) -> Path:
    return Path(
        vertices=_points(shape.vertices),
        arriving=_points(shape.in_tangents),
        leaving=_points(shape.out_tangents),
        closed=shape.closed,
        feathered=bool(shape.feather_points),
    )


def _points(points: list[list[float]]) -> tuple[Point, ...]:
    return tuple((number(x), number(y)) for x, y in points)
