"""Drops what ThorVG must not see: scripts and nulls.

An expression is a script inside of an untrusted file. ThorVG runs it, and it can loop without end;
with those of some real files ThorVG crashes (docs/decisions/0001-thorvg-binding.md). Without its
expression a property keeps the keyframes or the value that the exporter wrote beside it. Loops have
been written out as keyframes before (`loops`).

At a null where it awaits an array ThorVG loses its place in the document and draws nothing.
"""

from typing import Any

from engines.lottie.document import array, is_object


def strip(document: object) -> None:
    """Remove every `x` that is a script (else it is a coordinate), and every field that is null."""
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if is_object(value):
            for key in [key for key, field in value.items() if _is_unwanted(key, field)]:
                del value[key]
            waiting.extend(value.values())
        waiting.extend(array(value))


def _is_unwanted(key: str, field: object) -> bool:
    return field is None or (key == "x" and isinstance(field, str))
