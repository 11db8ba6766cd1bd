"""Turns solids into shapes, because ThorVG 1.0.5 applies a solid layer's opacity twice."""

from collections.abc import Iterable

from reelbatch.engines.lottie.document import Json, layer_type, number
from reelbatch.engines.lottie.properties import as_color, no_transform, still
from reelbatch.models.errors import AssetInvalid

_SHAPE_LAYER = 4
_BLACK = [0.0, 0.0, 0.0]


def replace_solids(layers: Iterable[Json]) -> None:
    """Turn every solid layer into a shape layer with one rectangle."""
    for layer in layers:
        if layer_type(layer) == "solid":
            layer["shapes"] = [{"ty": "gr", "it": _rectangle(layer)}]
            layer["ty"] = _SHAPE_LAYER


def _rectangle(layer: Json) -> list[Json]:
    width, height = number(layer.get("sw"), 0.0), number(layer.get("sh"), 0.0)
    outline: Json = {
        "ty": "rc",
        "p": still([width / 2, height / 2]),
        "s": still([width, height]),
        "r": still(0),
    }
    fill: Json = {"ty": "fl", "c": still([*_color(layer), 1.0]), "o": still(100)}
    return [outline, fill, no_transform()]


def _color(layer: Json) -> list[float]:
    try:
        return as_color(layer.get("sc"))
    except AssetInvalid:
        return _BLACK
