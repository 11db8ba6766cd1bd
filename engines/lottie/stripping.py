"""Drops what ThorVG must not see: scripts, nulls, and what is no shape where shapes are.

An expression is a script inside of an untrusted file. ThorVG runs it, and it can loop without end;
with those of some real files ThorVG crashes (docs/decisions/0001-thorvg-binding.md). Without its
expression a property keeps the keyframes or the value that the exporter wrote beside it. Loops have
been written out as keyframes before (`loops`).

At a null where it awaits an array ThorVG loses its place in the document and draws nothing. Among
shapes and masks it crashes at whatever is no object, and at layers whose numbers are none.
"""

from collections.abc import Iterable
from typing import Any

from engines.lottie.document import array, is_object, objects

_LAYER_NUMBERS = frozenset({"ind", "parent"})
_OBJECTS_ALONE = frozenset({"shapes", "it", "masksProperties"})


def strip(document: object) -> None:
    """Remove every `x` that is a script (else it is a coordinate), every field that is null, and
    every shape and mask that is none."""
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if is_object(value):
            for key in [key for key, field in value.items() if _is_unwanted(key, field)]:
                del value[key]
            for key in _OBJECTS_ALONE.intersection(value):
                value[key] = objects(value[key])
            fields: Iterable[Any] = value.values()
        else:
            fields = array(value)
        waiting.extend([field for field in fields if isinstance(field, (dict, list))])


def _is_unwanted(key: str, field: object) -> bool:
    if key in _LAYER_NUMBERS and (isinstance(field, bool) or not isinstance(field, (int, float))):
        return True
    return field is None or (key == "x" and isinstance(field, str))
