"""Splits a document at the layers whose blend modes ThorVG does not have.

What is below such a layer, the layer alone, and what is above become documents of their own, which
are drawn one over the other (`drawing`). All others stay one document.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from reelbatch.engines.lottie.document import Json, layer_type, number, objects, reference
from reelbatch.engines.lottie.reading.walking import mattes

MODES = {12: "hue", 13: "saturation", 14: "colour", 15: "luminosity"}
"""Those that ThorVG draws too weak, by their `bm`."""

_MOST_BLENDED = 16  # layers: each asks for two more drawings of every frame
_NULL = 3
_NOT_SEEN = frozenset({"null", "audio", "guide", "camera", "light", "data"})
_PLACE = frozenset({"ty", "ind", "parent", "ip", "op", "st", "sr", "ddd", "ao", "ks"})


@dataclass(frozen=True)
class Sheet:
    """A document, as JSON, that is drawn over those before it."""

    content: bytes
    mode: int | None = None  # one of `MODES`; None: its layers blend as they are written


def blended_layers(layers: list[Json]) -> list[int]:
    """The positions of those layers of a root that are blended by a mode of `MODES`."""
    hidden = mattes(layers)
    found = [
        position
        for position, layer in enumerate(layers)
        if number(layer.get("bm"), 0.0) in MODES
        and layer.get("hd") is not True
        and layer_type(layer) not in _NOT_SEEN
        and id(layer) not in hidden
    ]
    return found[-_MOST_BLENDED:]


def sheets_of(scene: Json) -> list[Sheet]:
    """From the bottom to the top; most scenes are one sheet."""
    layers = objects(scene["layers"])
    sheets: list[Sheet] = []
    end = len(layers)
    for position in reversed(blended_layers(layers)):
        sheets.append(Sheet(_part(scene, range(position + 1, end))))
        mode = int(layers[position]["bm"])
        sheets.append(Sheet(_part(scene, [position]), mode))
        end = position
    rest = _part(scene, range(end)) if sheets else _written(scene)
    return [*sheets, Sheet(rest)]


def _part(scene: Json, positions: Iterable[int]) -> bytes:
    """Some layers alone: the others are nulls, which stay their parents."""
    layers = objects(scene["layers"])
    drawn = set(positions)
    shown = drawn | _matte_sources(layers, drawn)
    parts = [
        _only(layer) if position in shown else _place(layer)
        for position, layer in enumerate(layers)
    ]
    for position in shown - drawn:
        parts[position]["td"] = 1
    return _written({**scene, "assets": _assets(scene, parts), "layers": parts})


def _matte_sources(layers: list[Json], drawn: set[int]) -> set[int]:
    numbers = {reference(layer.get("ind")): position for position, layer in enumerate(layers)}
    found = set[int]()
    waiting = [*drawn]
    while waiting:
        position = waiting.pop()
        layer = layers[position]
        if layer.get("tt"):
            source = numbers.get(reference(layer.get("tp")), position - 1)
            if source >= 0 and source not in found:
                found.add(source)
                waiting.append(source)
    return found


def _only(layer: Json) -> Json:
    return {key: 0 if key == "bm" and value in MODES else value for key, value in layer.items()}


def _place(layer: Json) -> Json:
    return {key: value for key, value in layer.items() if key in _PLACE} | {"ty": _NULL}


def _assets(scene: Json, layers: list[Json]) -> list[Json]:
    """Those that the layers show, at any depth."""
    assets = {reference(asset["id"]): asset for asset in objects(scene["assets"])}
    found = dict[str, Json]()
    waiting = [layers]
    while waiting:
        for layer in waiting.pop():
            name = reference(layer.get("refId"))
            if name in assets and name not in found:
                found[name] = assets[name]
                waiting.append(objects(assets[name].get("layers")))
    return [*found.values()]


def _written(scene: Json) -> bytes:
    written = json.dumps(scene, allow_nan=False, check_circular=False, separators=(",", ":"))
    return written.encode("ascii")
