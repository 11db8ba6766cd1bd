"""Drops what ThorVG must not see: scripts, nulls, and what is no shape where shapes are.

An expression is a script inside of an untrusted file. ThorVG would run it without a limit. Those
that run have been written as keyframes before (`expressions`); without its expression a property
keeps the keyframes or the value that the exporter wrote beside it.

At a null where it awaits an array ThorVG loses its place in the document and draws nothing. Among
shapes and masks it crashes at whatever is no object, and at layers whose numbers are none. It takes
a layer's type from whatever is there, also from a word's place in memory, and what a layer holds
for what a layer of that type has: shapes of a text layer crash it.
"""

from typing import Any

from reelbatch.engines.lottie.document import (
    LAYER_TYPES,
    Json,
    inner_values,
    is_object,
    number,
    objects,
)
from reelbatch.engines.lottie.reading.walking import all_objects

_NULL, _SHAPES, _TEXT = 3, 4, 5  # layer types
_HELD_BY = {"shapes": _SHAPES, "t": _TEXT}
_LAYER_NUMBERS = frozenset({"ind", "parent"})
_OBJECTS_ALONE = frozenset({"shapes", "it", "masksProperties"})
_STRIPPED = frozenset({"x", "ty", "sid", *_LAYER_NUMBERS, *_OBJECTS_ALONE})
# ThorVG reads these by what it has read before them: a transform by the layer's `ddd`, an effect's
# fields by its `ty`, a dash's `v` by its `n`, a mask's `mode` by `inv`.
_LAST = ("ks", "nm", "mn", "ix", "en", "ef", "v", "mode")
_LAST_KEYS = frozenset(_LAST)


def strip(document: object) -> None:
    """Remove every `x` that is a script (else it is a coordinate), every field that is null, every
    `ty` that is no type, and every shape and mask that is none."""
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if is_object(value):
            _strip_object(value)
        waiting += inner_values(value)


def _strip_object(value: Json) -> None:
    if _STRIPPED.isdisjoint(value) and None not in value.values():  # most are points and keyframes
        return
    for key in [key for key, field in value.items() if _is_unwanted(key, field)]:
        del value[key]
    for key in _OBJECTS_ALONE.intersection(value):
        value[key] = objects(value[key])


def arrange(document: object) -> None:
    """Put keys into the order that ThorVG needs."""
    for value in all_objects(document):
        if _LAST_KEYS.isdisjoint(value):
            continue
        for key in _LAST:
            if key in value:
                value[key] = value.pop(key)


def hold_to_type(layer: Json) -> None:
    """Make what is no type that of a null layer, and remove what layers of other types hold."""
    kind = int(number(layer.get("ty"), _NULL))
    layer["ty"] = kind if kind in LAYER_TYPES else _NULL
    for key, holder in _HELD_BY.items():
        if layer["ty"] != holder:
            layer.pop(key, None)


def _is_unwanted(key: str, field: object) -> bool:
    if key in _LAYER_NUMBERS and (isinstance(field, bool) or not isinstance(field, (int, float))):
        return True
    if key == "ty":
        return field is None or isinstance(field, (dict, list))
    return field is None or key == "sid" or (key == "x" and isinstance(field, str))
