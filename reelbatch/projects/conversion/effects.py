"""Converts the effects and layer styles that the engine draws; others become reasons."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reelbatch.models.wire.warnings import WarningCode
from reelbatch.projects.conversion.keyframes import (
    Clock,
    Converter,
    Json,
    animated,
    rounded,
    scalar,
    still,
    vector,
)
from reelbatch.projects.model import Group, Property, Value
from reelbatch.projects.reasons import Reasons

_SLIDER, _ANGLE, _COLOR, _POINT, _CHECK, _CHOICE, _LAYER = 0, 1, 2, 3, 4, 7, 10
_CONTROLS = 5  # the type of an effect that only contains values


@dataclass(frozen=True)
class Parameter:
    """A parameter of an effect; an effect lists them in Lottie's order."""

    match_name: str
    kind: int
    default: float | list[float]


_BLACK: list[float] = [0, 0, 0, 1]
_WHITE: list[float] = [1, 1, 1, 1]
# By match name: the type of the effect, and its parameters by number
# (https://lottiefiles.github.io/lottie-docs/effects/).
_CONTROLS_OF: dict[str, tuple[int, list[tuple[str, int, float | list[float]]]]] = {
    "ADBE Tint": (
        20,
        [
            ("0001", _COLOR, _BLACK),
            ("0002", _COLOR, _WHITE),
            ("0003", _SLIDER, 100),
        ],
    ),
    "ADBE Fill": (
        21,
        [
            ("0001", _LAYER, 0),
            ("0007", _CHOICE, 0),
            ("0002", _COLOR, [1, 0, 0, 1]),
            ("0006", _CHOICE, 0),
            ("0003", _SLIDER, 0),
            ("0004", _SLIDER, 0),
            ("0005", _SLIDER, 1),
        ],
    ),
    "ADBE Stroke": (
        22,
        [
            ("0001", _SLIDER, 1),
            ("0010", _CHECK, 0),
            ("0011", _CHECK, 1),
            ("0002", _COLOR, _WHITE),
            ("0003", _SLIDER, 2),
            ("0004", _SLIDER, 0.75),
            ("0005", _SLIDER, 1),
            ("0008", _SLIDER, 0),
            ("0009", _SLIDER, 100),
            ("0006", _SLIDER, 15),
            ("0007", _CHOICE, 1),
        ],
    ),
    "ADBE Tritone": (
        23,
        [
            ("0001", _COLOR, _WHITE),
            ("0002", _COLOR, [0.5, 0.39, 0.27, 1]),
            ("0003", _COLOR, _BLACK),
            ("0004", _SLIDER, 0),
        ],
    ),
    "ADBE Drop Shadow": (
        25,
        [
            ("0001", _COLOR, _BLACK),
            ("0002", _SLIDER, 127.5),
            ("0003", _ANGLE, 135),
            ("0004", _SLIDER, 5),
            ("0005", _SLIDER, 0),
            ("0006", _CHOICE, 0),
        ],
    ),
    "ADBE Set Matte3": (
        28,
        [
            ("0001", _LAYER, 0),
            ("0002", _CHOICE, 4),
            ("0003", _CHOICE, 0),
            ("0004", _CHOICE, 1),
            ("0005", _CHOICE, 1),
            ("0006", _CHOICE, 1),
        ],
    ),
    "ADBE Gaussian Blur 2": (
        29,
        [
            ("0001", _SLIDER, 0),
            ("0002", _CHOICE, 1),
            ("0003", _CHOICE, 0),
        ],
    ),
}
_DRAWN = {
    effect: (
        kind,
        tuple(Parameter(f"{effect}-{number}", each, value) for number, each, value in controls),
    )
    for effect, (kind, controls) in _CONTROLS_OF.items()
}
_EXPRESSION_CONTROLS = {
    "ADBE Slider Control": _SLIDER,
    "ADBE Angle Control": _ANGLE,
    "ADBE Color Control": _COLOR,
    "ADBE Point Control": _POINT,
    "ADBE Point3D Control": _POINT,
    "ADBE Checkbox Control": _CHECK,
    "ADBE Dropdown Control": _CHOICE,
    "ADBE Layer Control": _LAYER,
}
_PSEUDO = "Pseudo/"  # custom effects made of controls, such as a menu
# By match name and number: an effect whose parameters have these values changes nothing.
_NEUTRAL = {
    "ADBE Gaussian Blur 2": {"0001": 0.0},
    "ADBE Gaussian Blur": {"0001": 0.0},
    "ADBE Fast Blur": {"0001": 0.0},
    "ADBE Box Blur2": {"0001": 0.0},
    "ADBE Box Blur": {"0001": 0.0},
    "ADBE Motion Blur": {"0002": 0.0},
    "ADBE Radial Blur": {"0001": 0.0},
    "ADBE Fill": {"0005": 0.0},
    "ADBE Tint": {"0003": 0.0},
    "ADBE Tritone": {"0004": 100.0},
    "ADBE Drop Shadow": {"0002": 0.0},
    "ADBE Linear Wipe": {"0001": 0.0},
    "ADBE Radial Wipe": {"0001": 0.0},
    "ADBE Venetian Blinds": {"0001": 0.0},
    "ADBE Block Dissolve": {"0001": 0.0},
    "ADBE Sharpen": {"0001": 0.0},
    "ADBE Noise": {"0001": 0.0},
    "ADBE Brightness & Contrast 2": {"0001": 0.0, "0002": 0.0},
    "ADBE Invert": {"0002": 1.0},
    "ADBE Twirl": {"0001": 0.0},
    "ADBE Spherize": {"0001": 0.0},
    "ADBE Glo2": {"0004": 0.0},
    "ADBE Exposure2": {"0003": 0.0, "0004": 0.0, "0005": 1.0},
}
_SHADOW, _OVERLAY = "dropShadow/enabled", "solidFill/enabled"
_NORMAL, _MULTIPLY = 1.0, 5.0  # blend modes of layer styles
_THREE_QUARTERS = 270.0  # degrees
_DEFAULT_BLENDING = {
    "ADBE Layer Fill Opacity2": 100.0,
    "ADBE R Channel Blend": 1.0,
    "ADBE G Channel Blend": 1.0,
    "ADBE B Channel Blend": 1.0,
    "ADBE Blend Interior": 0.0,
    "ADBE Blend Ranges": 1.0,
}


def effects_of(
    layer_tree: Group, clock: Clock, indices: dict[int, int], reasons: Reasons
) -> list[Json]:
    """The `ef` of a layer: its effects in order, followed by its styles.

    `indices` are the layers' numbers in the document, by identity.
    """
    found: list[Json] = []
    for effect in layer_tree.group("ADBE Effect Parade").groups:
        if not effect.enabled or _changes_nothing(effect):
            continue
        known = _DRAWN.get(effect.match_name)
        if known is not None:
            _check_options(effect, reasons)
            found.append(_drawn(effect, known, clock, indices))
        elif effect.match_name in _EXPRESSION_CONTROLS or effect.match_name.startswith(_PSEUDO):
            found.append(_expression_control(effect, clock, indices))
        else:
            reasons.add(WarningCode.EFFECT_NOT_DRAWN, f"The effect {effect.name!r} is not drawn.")
    return [*found, *_styles(layer_tree.group("ADBE Layer Styles"), clock, reasons)]


def _check_options(effect: Group, reasons: Reasons) -> None:
    """Report an effect's opacity and masks."""
    options = effect.group("ADBE Effect Built In Params")
    opacity = options.leaf("ADBE Effect Mask Opacity")
    if any(options.group("ADBE Effect Mask Parade").children) or not (
        opacity is None or _is_always(opacity, (100.0,))
    ):
        message = f"The compositing options of the effect {effect.name!r} are not drawn."
        reasons.add(WarningCode.EFFECT_NOT_DRAWN, message)


def _drawn(
    effect: Group, known: tuple[int, tuple[Parameter, ...]], clock: Clock, indices: dict[int, int]
) -> Json:
    kind, parameters = known
    controls = [
        _control(parameter, effect.leaf(parameter.match_name), clock, indices)
        for parameter in parameters
    ]
    return _effect(kind, effect, controls)


def _expression_control(effect: Group, clock: Clock, indices: dict[int, int]) -> Json:
    kind = _EXPRESSION_CONTROLS.get(effect.match_name, _SLIDER)
    controls = [
        _control(Parameter(one.match_name, kind, 0), one, clock, indices)
        for one in effect.properties
        if one.match_name.startswith(effect.match_name)
    ]
    return _effect(_CONTROLS, effect, controls)


def _effect(kind: int, effect: Group, controls: list[Json]) -> Json:
    return {"ty": kind, "nm": effect.name, "mn": effect.match_name, "en": 1, "ef": controls}


def _control(
    parameter: Parameter, one: Property | None, clock: Clock, indices: dict[int, int]
) -> Json:
    convert: Converter = vector if parameter.kind in (_COLOR, _POINT) else scalar
    value = animated(one, parameter.default, clock, convert)
    if parameter.kind == _LAYER and one is not None and one.layer is not None:
        value = still(indices.get(one.layer, 0))
    name = one.name if one is not None else ""
    return {"ty": parameter.kind, "nm": name, "mn": parameter.match_name, "v": value}


def _changes_nothing(effect: Group) -> bool:
    neutral = _NEUTRAL.get(effect.match_name)
    if neutral is None:
        return False
    found = (
        (effect.leaf(f"{effect.match_name}-{number}"), value) for number, value in neutral.items()
    )
    return all(one is not None and _is_always(one, (value,)) for one, value in found)


def _is_always(one: Property, value: Value) -> bool:
    values = [keyframe.value for keyframe in one.keyframes] or [one.value]
    return not one.expression and all(each == value for each in values)


def _styles(styles: Group, clock: Clock, reasons: Reasons) -> Iterator[Json]:
    if not styles.enabled:
        return
    blending = styles.group("ADBE Blend Options Group").group("ADBE Adv Blend Group")
    if any(one.value != (_DEFAULT_BLENDING.get(one.match_name),) for one in blending.properties):
        reasons.add(
            WarningCode.LAYER_STYLES_NOT_DRAWN,
            "The blending options of the layer styles are not drawn.",
        )
    for style in _enabled_styles(styles):
        if style.match_name == _SHADOW:
            yield _shadow(style, styles, clock, reasons)
        elif style.match_name == _OVERLAY:
            yield _overlay(style, clock, reasons)
        else:
            reasons.add(
                WarningCode.LAYER_STYLES_NOT_DRAWN, f"The layer style {style.name!r} is not drawn."
            )


def has_styles(layer_tree: Group) -> bool:
    styles = layer_tree.group("ADBE Layer Styles")
    return styles.enabled and any(_enabled_styles(styles))


def _enabled_styles(styles: Group) -> Iterator[Group]:
    """The enabled styles, without the group with their common options."""
    return (one for one in styles.groups if one.enabled and "/" in one.match_name)


def _shadow(style: Group, styles: Group, clock: Clock, reasons: Reasons) -> Json:
    """The style as a Drop Shadow effect. The effect's direction is clockwise from the top, the
    style's is that of the light, counterclockwise from the right."""
    mode = _number(style, "dropShadow/mode2", _MULTIPLY)
    spread = _number(style, "dropShadow/chokeMatte", 0.0)
    color = style.leaf("dropShadow/color")
    is_supported = mode == _NORMAL or (
        mode == _MULTIPLY and (color is None or _is_always(color, tuple(_BLACK)))
    )
    if not is_supported or spread or _number(style, "dropShadow/noise", 0.0):
        reasons.add(
            WarningCode.LAYER_STYLES_NOT_DRAWN,
            "A drop shadow's mode, spread and noise are not drawn.",
        )
    angle = style.leaf("dropShadow/localLightingAngle")
    if _number(style, "dropShadow/useGlobalAngle", 0.0):
        angle = styles.group("ADBE Blend Options Group").leaf("ADBE Global Angle2")
    values = (
        (_COLOR, animated(color, _BLACK, clock)),
        (_SLIDER, animated(style.leaf("dropShadow/opacity"), 191.25, clock, _of_255)),
        (_ANGLE, animated(angle, 150, clock, _direction)),
        (_SLIDER, animated(style.leaf("dropShadow/distance"), 5, clock, scalar)),
        (_SLIDER, animated(style.leaf("dropShadow/blur"), 5, clock, scalar)),
        (_CHOICE, still(0)),
    )
    return _style("ADBE Drop Shadow", style, values)


def _overlay(style: Group, clock: Clock, reasons: Reasons) -> Json:
    if _number(style, "solidFill/mode2", _NORMAL) != _NORMAL:
        reasons.add(
            WarningCode.LAYER_STYLES_NOT_DRAWN, "A colour overlay's blend mode is not drawn."
        )
    color = animated(style.leaf("solidFill/color"), [1, 0, 0, 1], clock)
    opacity = animated(style.leaf("solidFill/opacity"), 1, clock, _share)
    feather = (_SLIDER, still(0))
    fields = ((_LAYER, still(0)), (_CHOICE, still(0)), (_COLOR, color), (_CHOICE, still(0)))
    return _style("ADBE Fill", style, (*fields, feather, feather, (_SLIDER, opacity)))


def _style(effect: str, style: Group, values: tuple[tuple[int, Json], ...]) -> Json:
    kind, parameters = _DRAWN[effect]
    controls = [
        {"ty": control, "nm": "", "mn": parameter.match_name, "v": value}
        for parameter, (control, value) in zip(parameters, values, strict=True)
    ]
    return _effect(kind, replace(style, match_name=effect), controls)


def _number(group: Group, match_name: str, default: float) -> float:
    one = group.leaf(match_name)
    return default if one is None else scalar(one.value)


def _of_255(value: Value) -> float:
    return rounded(scalar(value) * 2.55)


def _share(value: Value) -> float:
    return rounded(scalar(value) / 100)


def _direction(value: Value) -> float:
    return rounded(_THREE_QUARTERS - scalar(value))
