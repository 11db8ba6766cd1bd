"""Sets the properties of layers by the names that After Effects shows, for `data` assets."""

import re
from collections.abc import Callable, Iterator
from typing import cast

from reelbatch.engines.lottie.document import (
    Json,
    array,
    is_object,
    layer_type,
    number,
    objects,
    text_documents,
)
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.wire.assets import DataAsset

Value = str | float | bool | list[float]
Setter = Callable[[Json, Value], None]

_HEX_COLOR = re.compile(r"#?([0-9a-fA-F]{6})")
# Groups that After Effects shows around a property, or that scripts write before a field of the
# text's style: `Transform.Opacity`, `Text->Source Text`, `Source Text.fontSize`.
_GROUPS = frozenset({"transform", "text", "source text", "sourcetext"})
MAX_FONT_SIZE = 10_000.0
_MAX_MAGNITUDE = 1e7  # of a coordinate or a percentage; far outside any picture


class ValueUnusable(AssetInvalid):
    """The value does not fit the property."""


def value_of(asset: DataAsset) -> Value:
    """The asset's value. Raises ValueUnusable for objects, which only HTML templates accept."""
    value = asset.value
    if isinstance(value, dict) or (isinstance(value, list) and not all(map(_is_number, value))):
        raise ValueUnusable(
            "Only HTML templates accept objects. Send text, a number or an array of numbers."
        )
    return cast("Value", value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def set_property(layer: Json, name: str, value: Value) -> None:
    """Set the property `name`; the value replaces its keyframes and its expression.

    Raises AssetInvalid if the property is unknown, the layer does not have it, or the value does
    not fit it.
    """
    parts = [part.strip().casefold() for part in re.split(r"->|\.", name)]
    while len(parts) > 1 and parts[0] in _GROUPS:
        parts = parts[1:]
    setter = _SETTERS.get(re.sub(r"\s+", "", ".".join(parts)))
    if setter is None:
        raise AssetInvalid(
            f"The property {name!r} is unknown; the supported ones are {', '.join(PROPERTIES)}."
        )
    setter(layer, value)


def as_color(value: object) -> list[float]:
    """Three numbers from 0 to 1, from an array of 3 or 4 numbers or from `#RRGGBB`."""
    if isinstance(value, str) and (match := _HEX_COLOR.fullmatch(value.strip())):
        return [channel / 255 for channel in bytes.fromhex(match[1])]
    channels = array(value)
    if len(channels) in (3, 4) and all(_is_share(channel) for channel in channels):
        return [float(channel) for channel in channels[:3]]
    raise ValueUnusable(
        f"{value!r} is not a colour; use 3 or 4 numbers from 0 to 1, or a string like #FF8800."
    )


def as_number(value: object, low: float = -_MAX_MAGNITUDE, high: float = _MAX_MAGNITUDE) -> float:
    """A number from `low` to `high`, which may be written as a string."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueUnusable(f"{value!r} is not a number.")
    try:
        read = float(value)
    except ValueError as error:
        raise ValueUnusable(f"{value!r} is not a number.") from error
    if not low <= read <= high:
        raise ValueUnusable(f"{value!r} is not between {low:g} and {high:g}.")
    return read


def as_vector(value: object) -> list[float]:
    """Three numbers, as Lottie requires, from two or three."""
    numbers = array(value)
    if len(numbers) not in (2, 3):
        raise ValueUnusable(f"{value!r} is not an array of 2 or 3 numbers.")
    return [as_number(each) for each in (*numbers, 0.0)[:3]]


def as_words(value: object) -> str:
    """A text, which may be written as a number. Raises AssetInvalid."""
    if isinstance(value, (bool, list)) or not isinstance(value, (str, int, float)):
        raise ValueUnusable(f"{value!r} is not text.")
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)


def set_color(layer: Json, value: object) -> None:
    """Set the colour of a solid, of a text's fill, or of all plain fills of a shape layer."""
    color = as_color(value)
    kind = layer_type(layer)
    if kind == "solid":
        layer["sc"] = "#" + "".join(f"{round(channel * 255):02x}" for channel in color)
    elif kind == "text":
        set_style(layer, "fc", color)
    elif kind == "shape":
        _set_in_shapes(layer, "fl", "c", [*color, 1.0])
    else:
        raise _not_on(layer, "Color")


def set_stroke_color(layer: Json, value: object) -> None:
    color = as_color(value)
    if layer_type(layer) == "text":
        set_style(layer, "sc", color)
    elif layer_type(layer) == "shape":
        _set_in_shapes(layer, "st", "c", [*color, 1.0])
    else:
        raise _not_on(layer, "Stroke Color")


def set_style(layer: Json, key: str, value: object) -> None:
    """Set a field of a text layer's style for all its letters, at each of its keyframes.

    Raises AssetInvalid.
    """
    for text in _texts(layer):
        text[key] = value
        for run in objects(text.get("runs")):
            run.pop(key, None)


def set_words(layer: Json, value: object) -> None:
    """Replace a text layer's words; its keyframes keep their style. Raises AssetInvalid."""
    set_style(layer, "t", as_words(value))
    layer["t"]["d"].pop("x", None)


def set_font(layer: Json, value: object) -> None:
    """Set the font by its PostScript name or family. Raises AssetInvalid."""
    if not isinstance(value, str) or not value:
        raise ValueUnusable(f"{value!r} is not the name of a font.")
    set_style(layer, "f", value)


def set_font_size(layer: Json, value: object) -> None:
    """Set the size, and scale the leading and the text's other sizes in proportion.

    Raises AssetInvalid.
    """
    size = as_number(value, 0.1, MAX_FONT_SIZE)
    for text in _texts(layer):
        former = number(text.get("s"), 0.0)
        ratio = size / former if former > 0 else 1.0
        for style in (text, *objects(text.get("runs"))):
            style |= {key: number(style[key], 0.0) * ratio for key in ("s", "lh") if key in style}
        text["s"] = size


def set_tracking(layer: Json, value: object) -> None:
    """Set the tracking in thousandths of an em. Raises AssetInvalid."""
    set_style(layer, "tr", as_number(value))


def set_leading(layer: Json, value: object) -> None:
    """Set the leading in pixels between baselines. Raises AssetInvalid."""
    set_style(layer, "lh", as_number(value, 0.0))


def _texts(layer: Json) -> list[Json]:
    texts = text_documents(layer)
    if layer_type(layer) != "text" or not texts:
        raise AssetInvalid(f"A layer of type {layer_type(layer)} has no text.")
    return texts


def still(value: object) -> Json:
    """A property that does not change."""
    return {"a": 0, "k": value}


def no_transform() -> Json:
    """The `tr` of a group of shapes that changes nothing."""
    return {
        "ty": "tr",
        "p": still([0, 0]),
        "a": still([0, 0]),
        "s": still([100, 100]),
        "r": still(0),
        "o": still(100),
    }


def _set_stroke_width(layer: Json, value: object) -> None:
    width = as_number(value, 0.0)
    if layer_type(layer) == "text":
        set_style(layer, "sw", width)
    elif layer_type(layer) == "shape":
        _set_in_shapes(layer, "st", "w", width)
    else:
        raise _not_on(layer, "Stroke Width")


def _set_opacity(layer: Json, value: object) -> None:
    _transform(layer)["o"] = still(as_number(value, 0.0, 100.0))


def _set_position(layer: Json, value: object) -> None:
    _transform(layer)["p"] = still(as_vector(value))


def _set_anchor_point(layer: Json, value: object) -> None:
    _transform(layer)["a"] = still(as_vector(value))


def _set_scale(layer: Json, value: object) -> None:
    """Set the scale in percent: one number for all dimensions, or one for each."""
    scale = as_vector(array(value)) if array(value) else [as_number(value)] * 2 + [100.0]
    _transform(layer)["s"] = still(scale)


def _set_rotation(layer: Json, value: object) -> None:
    """Set the rotation in degrees; a 3D layer stores it as `rz`."""
    transform = _transform(layer)
    transform["rz" if "rz" in transform else "r"] = still(as_number(value))


def _transform(layer: Json) -> Json:
    transform = layer.setdefault("ks", {})
    if not is_object(transform):
        raise _not_on(layer, "Transform")
    return transform


def _set_in_shapes(layer: Json, kind: str, key: str, value: object) -> None:
    found = [shape for shape in _shapes(objects(layer.get("shapes"))) if shape.get("ty") == kind]
    if not found:
        raise AssetInvalid("The layer's shapes have no plain fill or stroke to change.")
    for shape in found:
        shape[key] = still(value)


def _shapes(shapes: list[Json]) -> Iterator[Json]:
    for shape in shapes:
        yield shape
        yield from _shapes(objects(shape.get("it")))


def _is_share(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _not_on(layer: Json, name: str) -> AssetInvalid:
    return AssetInvalid(f"A layer of type {layer_type(layer)} has no {name}.")


_NAMED_SETTERS: dict[str, Setter] = {
    "Source Text": set_words,
    "Text": set_words,
    "Font": set_font,
    "Color": set_color,
    "Fill Color": set_color,
    "Stroke Color": set_stroke_color,
    "Stroke Width": _set_stroke_width,
    "Font Size": set_font_size,
    "Tracking": set_tracking,
    "Leading": set_leading,
    "Opacity": _set_opacity,
    "Position": _set_position,
    "Anchor Point": _set_anchor_point,
    "Scale": _set_scale,
    "Rotation": _set_rotation,
}
_SETTERS = {name.replace(" ", "").casefold(): setter for name, setter in _NAMED_SETTERS.items()}

PROPERTIES = tuple(_NAMED_SETTERS)
"""The names of the properties that can be set."""
