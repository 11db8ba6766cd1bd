"""The outlines of texts, for expressions that measure a text (`sourceRectAtTime`)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from reelbatch.engines.lottie.document import Json, is_object, layer_type, number, objects

Typeset = Callable[[list[Json]], object]
"""Turns text layers into shape layers, in place."""

_KEY = "$texts"  # a text layer's key for its shapes at each of its keyframes


def typeset_texts(comps: Iterable[Json], typeset: Typeset) -> None:
    """Add to each text layer of `comps` its shapes at its keyframes, without animators."""
    for layer in _text_layers(comps):
        copies = [_copy(keyframe) for keyframe in _keyframes(layer)]
        typeset([copy for _, copy in copies])
        layer[_KEY] = [{"t": time, "shapes": copy.get("shapes", [])} for time, copy in copies]


def forget_texts(comps: Iterable[Json]) -> None:
    for layer in _text_layers(comps):
        layer.pop(_KEY, None)


def _text_layers(comps: Iterable[Json]) -> Iterator[Json]:
    return (layer for comp in comps for layer in comp["layers"] if layer_type(layer) == "text")


def _keyframes(layer: Json) -> list[Json]:
    text: Any = layer.get("t")
    source = text.get("d") if is_object(text) else None
    keyframes = objects(source.get("k")) if is_object(source) else []
    return [keyframe for keyframe in keyframes if is_object(keyframe.get("s"))]


def _copy(keyframe: Json) -> tuple[float, Json]:
    text: Json = {"d": {"k": [{"t": 0, "s": keyframe["s"]}]}, "a": []}
    return number(keyframe.get("t"), 0.0), {"ty": 5, "ip": 0, "op": 1, "st": 0, "ks": {}, "t": text}
