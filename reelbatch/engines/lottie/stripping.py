"""Removes what ThorVG must not see: scripts, nulls, and invalid shapes, masks and types.

An expression is a script in an untrusted file, and ThorVG would run it without limits. Expressions
that run have already been written as keyframes (`expressions`). Without its expression, a property
has the keyframes or the value that the exporter wrote next to it.

A null instead of an array makes ThorVG lose its place in the document and draw nothing. It crashes
on shapes and masks that are not objects, and on layer numbers that are not numbers. It reads any
value as a layer's type, even the address of a string, and then expects what a layer of that type
contains: shapes in a text layer crash it.
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
_LISTS_OF_OBJECTS = frozenset({"shapes", "it", "masksProperties"})
_STRIPPED = frozenset({"x", "ty", "sid", *_LAYER_NUMBERS, *_LISTS_OF_OBJECTS})
# How ThorVG reads these depends on what it has read before: a transform on the layer's `ddd`, an
# effect's fields on its `ty`, a dash's `v` on its `n`, a mask's `mode` on `inv`.
_LAST = ("ks", "nm", "mn", "ix", "en", "ef", "v", "mode")
_LAST_KEYS = frozenset(_LAST)


def strip(document: object) -> None:
    """Remove scripts, nulls, and invalid types, shapes and masks, in place.

    An `x` is a script if it is a string, and a coordinate otherwise.
    """
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
    for key in _LISTS_OF_OBJECTS.intersection(value):
        value[key] = objects(value[key])


def arrange(document: object) -> None:
    """Put the keys into the order that ThorVG needs."""
    for value in all_objects(document):
        if _LAST_KEYS.isdisjoint(value):
            continue
        for key in _LAST:
            if key in value:
                value[key] = value.pop(key)


def enforce_type(layer: Json) -> None:
    """Turn layers of an invalid type into nulls, and remove what belongs to other types."""
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
