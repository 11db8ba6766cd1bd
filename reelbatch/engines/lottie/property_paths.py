"""Sets properties by their path in After Effects' timeline: in effects and in shape groups.

`Effects.Fill.Color` and `Contents.Rectangle 1.Fill 1.Color` name parts of the layer by their own
names, which the export stores as `nm`; case is ignored. If a name contains a dot, `->` separates
the parts: `Effects->Glow 2.0->Radius`. `Slots.accent` is a slot of the document.
"""

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress

from reelbatch.engines.lottie.document import Json, array, at_rest, is_object, objects
from reelbatch.engines.lottie.properties import (
    Value,
    as_color,
    as_number,
    as_vector,
    as_words,
    set_property,
    still,
)
from reelbatch.engines.lottie.reading.spelling import composed
from reelbatch.engines.lottie.reading.walking import all_objects
from reelbatch.models.errors import AssetInvalid

_CONTENTS = "contents"
_COLOR_CONTROL = 2  # the type of an effect's property
_COLOR_CHANNELS = 4
# The fields of shapes' properties by type: https://lottie.github.io/lottie-spec/
_SHAPE_FIELDS: dict[str, dict[str, str]] = {
    "fl": {"color": "c", "opacity": "o"},
    "st": {"color": "c", "opacity": "o", "strokewidth": "w"},
    "rc": {"size": "s", "position": "p", "roundness": "r"},
    "el": {"size": "s", "position": "p"},
    "sr": {"position": "p", "rotation": "r", "outerradius": "or"},
    "tm": {"start": "s", "end": "e", "offset": "o"},
    "rd": {"radius": "r"},
    "tr": {"position": "p", "anchorpoint": "a", "scale": "s", "rotation": "r", "opacity": "o"},
}
_GROUP, _TRANSFORM = "gr", "tr"


def set_by_path(layer: Json, path: str, value: Value) -> None:
    """Set the property at `path`; the value replaces its keyframes and its expression.

    Raises AssetInvalid, which names the part that is missing.
    """
    parts = [part.strip() for part in path.split("->" if "->" in path else ".")]
    root = parts[0].casefold()
    if root == "effects" and len(parts) == 3:
        _set_in_effect(layer, parts[1], parts[2], value)
    elif root == _CONTENTS and len(parts) > 2:
        _set_in_contents(layer, parts[1:], value)
    else:
        set_property(layer, path, value)


def named_parts(layer: Json) -> Json:
    """The parts of a layer that `set_by_path` needs: effects and shapes with values at rest."""
    effects = [
        {
            "nm": effect.get("nm"),
            "ef": [
                {"nm": control.get("nm"), "ty": control.get("ty"), "v": _at_rest(control.get("v"))}
                for control in objects(effect.get("ef"))
            ],
        }
        for effect in objects(layer.get("ef"))
    ]
    return {"ef": effects, "shapes": [*map(_bare_shape, objects(layer.get("shapes")))]}


def _bare_shape(shape: Json) -> Json:
    fields = _SHAPE_FIELDS.get(str(shape.get("ty")), {}).values()
    return {
        "ty": shape.get("ty"),
        "nm": shape.get("nm"),
        "it": [*map(_bare_shape, objects(shape.get("it")))],
        **{field: _at_rest(shape[field]) for field in fields if field in shape},
    }


def _at_rest(value: object) -> Json:
    return still(at_rest(value))


def _set_in_effect(layer: Json, effect_name: str, name: str, value: Value) -> None:
    effect = _named(objects(layer.get("ef")), effect_name, "effect")
    control = _named(objects(effect.get("ef")), name, "property")
    if control.get("ty") == _COLOR_CONTROL:
        control["v"] = still([*as_color(value), 1.0])
    else:
        control["v"] = _like(control.get("v"), value)


def _set_in_contents(layer: Json, names: list[str], value: Value) -> None:
    items = objects(layer.get("shapes"))
    item: Json = {}
    for name in names[:-1]:
        if name.casefold() == _CONTENTS:
            continue
        item = _transform_of(items) if name.casefold() == "transform" else {}
        item = item or _named(items, name, "shape")
        items = objects(item.get("it"))
    if item.get("ty") == _GROUP:  # a group's properties are in its transform
        item = _transform_of(items)
    fields = _SHAPE_FIELDS.get(str(item.get("ty")), {})
    field = fields.get(re.sub(r"\s+", "", names[-1]).casefold())
    if field is None:
        existing = ", ".join(fields) or "none"
        raise AssetInvalid(f"The shape has no property {names[-1]!r} (available: {existing}).")
    item[field] = still([*as_color(value), 1.0]) if field == "c" else _like(item.get(field), value)


def _transform_of(items: Iterable[Json]) -> Json:
    found = [item for item in items if item.get("ty") == _TRANSFORM]
    return found[0] if found else {}


def set_slot(layers: Iterable[Json], names: Sequence[str], value: Value) -> None:
    """Set every property of `layers` that uses the slot: the first of `names` that exists.

    Raises AssetInvalid.
    """
    slots = [
        animated
        for layer in layers
        for animated in all_objects(layer)
        if isinstance(animated.get("sid"), str)
    ]
    for name in names:
        found = [animated for animated in slots if animated["sid"].casefold() == name.casefold()]
        for animated in found:
            _set_in_place(animated, value)
        if found:
            return
    existing = ", ".join(sorted({repr(animated["sid"]) for animated in slots})) or "none"
    raise AssetInvalid(f"There is no slot {names[0]!r} (available: {existing}).")


def _set_in_place(animated: Json, value: Value) -> None:
    """Set a numeric property, a colour, or the words of a text."""
    animated.pop("x", None)
    texts = [
        keyframe["s"]
        for keyframe in objects(animated.get("k"))
        if is_object(keyframe.get("s")) and "t" in keyframe["s"]
    ]
    for text in texts:
        text["t"] = as_words(value)
    if texts:
        return
    value, rest = _unquoted(value), array(at_rest(animated))
    is_color = len(rest) == _COLOR_CHANNELS or (isinstance(value, str) and value.startswith("#"))
    animated.update(still([*as_color(value), 1.0]) if is_color else _like(animated, value))


def _unquoted(value: Value) -> Value:
    """The value of a list, `true` or `false` written as text, as in the cells of tables."""
    if isinstance(value, str) and (value[:1] == "[" or value.casefold() in ("true", "false")):
        with suppress(ValueError, RecursionError):
            return json.loads(value.lower())
    return value


def slot_name(path: str) -> str | None:
    """The slot that a property's path names, as in `Slots.accent`; None if it names none."""
    parts = path.split("->" if "->" in path else ".", maxsplit=1)
    named = len(parts) == 2 and parts[0].strip().casefold() == "slots"
    return parts[1].strip() if named else None


def _named(items: list[Json], name: str, what: str) -> Json:
    for item in items:
        if str(item.get("nm", "")).casefold() == composed(name).casefold():
            return item
    names = ", ".join(repr(item["nm"]) for item in items if item.get("nm")) or "none"
    raise AssetInvalid(f"There is no {what} {name!r} (available: {names}).")


def _like(former: object, value: Value) -> Json:
    """`value` as a property of the same kind as `former`: one, two or three numbers."""
    rest = array(at_rest(former))
    if len(rest) > 1:
        return still(as_vector(array(value))[: len(rest)])
    return still(as_number(float(value) if isinstance(value, bool) else value))
