"""Unifies flags, names and rotations that exporters write in several ways."""

import unicodedata

from reelbatch.engines.lottie.document import Json, is_object, objects
from reelbatch.engines.lottie.reading.walking import all_layers, all_objects

_OFF = (0, False)


def composed(name: str) -> str:
    """A name in composed letters (NFC): macOS writes é as e with a separate accent."""
    return unicodedata.normalize("NFC", name)


def unify_spelling(root: Json) -> None:
    """Add missing flags, and normalise names and rotations, in place."""
    for value in all_objects(root):
        if isinstance(value.get("nm"), str):
            value["nm"] = composed(value["nm"])
    for layer in all_layers(root):
        for effect in objects(layer.get("ef")):
            effect["en"] = 0 if effect.get("en", 1) in _OFF else 1
        if is_object(layer.get("ks")):
            _unify_rotation(layer, layer["ks"])


def _unify_rotation(layer: Json, transform: Json) -> None:
    """Rotations about three axes make a layer three-dimensional, unless it has the single `r`.

    A layer that only rotates about the third axis is flat.
    """
    axes = [key for key in ("rx", "ry", "rz", "or") if key in transform]
    if "r" in transform:
        for key in axes:
            del transform[key]
    elif axes == ["rz"] or (
        axes and all(_is_still_zero(transform[key]) for key in axes if key != "rz")
    ):
        for key in axes:
            turn = transform.pop(key)
            if key == "rz":
                transform["r"] = turn
    elif axes:
        layer["ddd"] = 1


def _is_still_zero(turn: object) -> bool:
    if not is_object(turn) or isinstance(turn.get("x"), str):
        return False
    return turn.get("k") in (0, [0], [0, 0, 0])
