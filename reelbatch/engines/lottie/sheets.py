"""Splits a document at the layers whose blend modes ThorVG does not have.

What is below such a layer, the layer alone, and what is above become documents of their own, which
are drawn one over the other (`drawing`). Inside of a precomposition the same is done with its
layers: they are put together apart from the rest, and then shown through the opacity, masks and
matte of the layer that shows them. All others stay one document.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from reelbatch.engines.lottie.document import (
    Json,
    is_object,
    layer_type,
    number,
    objects,
    reference,
)
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import mattes, states
from reelbatch.engines.lottie.rewriting.rectangles import replace_rectangles
from reelbatch.engines.lottie.solids import replace_solids

MODES = {9: "soft light", 12: "hue", 13: "saturation", 14: "colour", 15: "luminosity"}
"""Those that ThorVG draws too weak, or soft light too bright, by their `bm`."""

NORMAL = 0
DEEPEST = 4
"""Levels of precompositions that are put together apart: each takes the memory of a frame."""

_MOST_APART = 16  # layers: each asks for two more drawings of every frame
_SOLID, _NULL = 1, 3
_LEAST_DRAWN_EFFECT = 20  # the types below are controls for expressions
_ALWAYS = 1e6  # frames
_FAR = 16_384  # pixels
_NOT_SEEN = frozenset({"null", "audio", "guide", "camera", "light", "data"})
_PLACE = frozenset({"ty", "ind", "parent", "ip", "op", "st", "sr", "ddd", "ao", "ks"})
_OF_THE_WHOLE = frozenset({"masksProperties", "hasMask", "tt", "tp", "td", "ef"})
"""What a layer does with all that its precomposition shows."""

_Precompositions = Mapping[str, list[Json]]
_Show = Callable[[list[Json], _Precompositions], bytes]
"""Makes a document that shows layers of one composition alone; other precompositions have the
layers that are given by their ids."""


@dataclass(frozen=True)
class Sheet:
    """A document, as JSON, that is drawn over those before it."""

    content: bytes
    mode: int | None = None  # one of `MODES`; None: its layers blend as they are written


@dataclass(frozen=True)
class SheetGroup:
    """What a precomposition shows: its sheets, put together apart from those before it."""

    sheets: "list[Sheet | SheetGroup]"
    cover: bytes | None  # a document: how much of the group is seen where; None: all
    mode: int = NORMAL  # or one of `MODES`


def blended_layers(layers: list[Json]) -> list[int]:
    """The positions of those layers of a composition that are blended by a mode of `MODES`."""
    found = [position for position in _seen(layers) if _mode(layers[position]) in MODES]
    return found[-_MOST_APART:]


def can_be_apart(layer: Json, layers: list[Json]) -> bool:
    """Whether what a layer's precomposition shows can be put together apart from the rest."""
    effects = objects(layer.get("ef"))
    return (
        _mode(layer) in (NORMAL, *MODES)
        and id(layer) not in mattes(layers)
        and not any(
            number(effect.get("ty"), 0) >= _LEAST_DRAWN_EFFECT and effect.get("en") != 0
            for effect in effects
        )
    )


def sheets_of(scene: Json) -> list[Sheet | SheetGroup]:
    """From the bottom to the top, a `Sheet` first; most scenes are one sheet."""
    layers = objects(scene["layers"])
    assets = {reference(asset["id"]): asset for asset in objects(scene["assets"])}
    splitting = _Splitting(
        {name: objects(asset["layers"]) for name, asset in assets.items() if "layers" in asset}
    )

    def show(layers: list[Json], replaced: _Precompositions) -> bytes:
        changed = {name: {"id": name, "layers": inner} for name, inner in replaced.items()}
        shown = _shown(layers, assets | changed)
        return _written({**scene, "assets": shown, "layers": layers})

    return (
        splitting.sheets(layers, show) if splitting.is_needed(layers) else [Sheet(_written(scene))]
    )


class _Splitting:
    def __init__(self, precompositions: _Precompositions) -> None:
        self._precompositions = precompositions
        self._needed: dict[str, bool] = {}
        self._left = _MOST_APART

    def is_needed(self, layers: list[Json]) -> bool:
        """Whether a layer of a composition is blended by one of `MODES`, at any depth."""
        return any(True for _ in self._apart(layers))

    def sheets(self, layers: list[Json], show: _Show, depth: int = 0) -> list[Sheet | SheetGroup]:
        sheets: list[Sheet | SheetGroup] = []
        end = len(layers)
        for position in reversed([*self._apart(layers, depth)]):
            if not self._left:
                break
            self._left -= 1
            between = range(position + 1, end)
            if between or not sheets:
                sheets.append(Sheet(show(_parts(layers, between), {})))
            sheets.append(self._sheet(layers, position, show, depth))
            end = position
        if end or not sheets:
            sheets.append(Sheet(show(_parts(layers, range(end)), {})))
        return sheets

    def _apart(self, layers: list[Json], depth: int = 0) -> Iterator[int]:
        for position in _seen(layers):
            if _mode(layers[position]) in MODES or self._is_split(layers, position, depth):
                yield position

    def _is_split(self, layers: list[Json], position: int, depth: int) -> bool:
        layer = layers[position]
        name = reference(layer.get("refId"))
        if layer_type(layer) != "precomp" or name not in self._precompositions:
            return False
        if depth == DEEPEST:
            return False
        if name not in self._needed:
            self._needed[name] = self.is_needed(self._precompositions[name])
        return self._needed[name] and can_be_apart(layer, layers)

    def _sheet(
        self, layers: list[Json], position: int, show: _Show, depth: int
    ) -> Sheet | SheetGroup:
        mode = _mode(layers[position])
        alone = _parts(layers, [position])
        if not self._is_split(layers, position, depth):
            return Sheet(show(alone, {}), mode)
        name = reference(layers[position].get("refId"))
        bare = [*alone]
        bare[position] = _bare(alone[position])
        show_inside = partial(_show_inside, show, bare, name)
        inside = self.sheets(self._precompositions[name], show_inside, depth + 1)
        is_covered = alone[position] != bare[position]
        cover = show(alone, {name: [_endless_sheet()]}) if is_covered else None
        return SheetGroup(inside, cover, mode)


def _show_inside(
    show: _Show, outer: list[Json], name: str, layers: list[Json], replaced: _Precompositions
) -> bytes:
    return show(outer, {**replaced, name: layers})


def _mode(layer: Json) -> int:
    return int(number(layer.get("bm"), NORMAL))


def _seen(layers: list[Json]) -> Iterator[int]:
    """The positions of layers that are drawn themselves, as far as they say."""
    hidden = mattes(layers)
    for position, layer in enumerate(layers):
        if (
            layer.get("hd") is not True
            and layer_type(layer) not in _NOT_SEEN
            and id(layer) not in hidden
        ):
            yield position


def _bare(layer: Json) -> Json:
    """A layer that shows its precomposition as it is."""
    kept = {key: value for key, value in layer.items() if key not in _OF_THE_WHOLE}
    transform = layer.get("ks")
    if is_object(transform) and [*states(transform.get("o"))] not in ([100], [[100]]):
        kept["ks"] = {key: value for key, value in transform.items() if key != "o"}
    return kept


def _endless_sheet() -> Json:
    """A white layer that is as large as any precomposition, which cuts it to its own size."""
    size = 2 * _FAR
    sheet: Json = {"ty": _SOLID, "sc": "#ffffff", "sw": size, "sh": size, "st": 0}
    sheet |= {"ip": -_ALWAYS, "op": _ALWAYS, "ks": {"p": still([-_FAR, -_FAR])}}
    replace_solids([sheet])
    replace_rectangles([sheet])
    return sheet


def _parts(layers: list[Json], positions: Iterable[int]) -> list[Json]:
    """Some layers alone: the others are nulls, which stay their parents."""
    drawn = set(positions)
    shown = drawn | _matte_sources(layers, drawn)
    parts = [
        _only(layer) if position in shown else _place(layer)
        for position, layer in enumerate(layers)
    ]
    for position in shown - drawn:
        parts[position]["td"] = 1
    return parts


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


def _shown(layers: list[Json], assets: Mapping[str, Json]) -> list[Json]:
    """The assets that the layers show, at any depth."""
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
