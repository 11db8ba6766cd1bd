"""Splits a document at the layers whose blend modes ThorVG does not support.

What is below such a layer, the layer itself, and what is above become separate documents, which are
drawn one over another (`drawing`). The same happens inside a precomposition: its layers are drawn
separately from the rest, and then shown through the opacity, masks and matte of the layer that
shows the precomposition. Documents without such layers are not split.
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
"""The blend modes by `bm` that ThorVG draws too weak or, for soft light, too bright."""

NORMAL = 0
DEEPEST = 4
"""Levels of precompositions that are drawn separately; each takes the memory of a frame."""

_MAX_SEPARATED = 16  # layers; each costs two more drawings of every frame
_SOLID, _NULL = 1, 3
_FIRST_DRAWN_EFFECT = 20  # the types below are expression controls
_ALWAYS = 1e6  # frames
_FAR = 16_384  # pixels
_INVISIBLE = frozenset({"null", "audio", "guide", "camera", "light", "data"})
_NULL_KEYS = frozenset({"ty", "ind", "parent", "ip", "op", "st", "sr", "ddd", "ao", "ks"})
_COVER_KEYS = frozenset({"masksProperties", "hasMask", "tt", "tp", "td", "ef"})
"""The properties that a layer applies to everything in its precomposition."""

_Precompositions = Mapping[str, list[Json]]
_Show = Callable[[list[Json], _Precompositions], bytes]
"""Makes a document that shows only the given layers of a composition.

Precompositions in the mapping have the given layers instead of their own.
"""


@dataclass(frozen=True)
class Sheet:
    """A document as JSON, which is drawn over those before it."""

    content: bytes
    mode: int | None = None  # one of `MODES`; None: ThorVG blends its layers


@dataclass(frozen=True)
class SheetGroup:
    """The picture of a precomposition: its sheets, drawn separately from those before it."""

    sheets: "list[Sheet | SheetGroup]"
    cover: bytes | None  # a document whose alpha says how visible the group is; None: fully
    mode: int = NORMAL  # or one of `MODES`


def blended_layers(layers: list[Json]) -> list[int]:
    """The positions of a composition's layers whose blend mode is one of `MODES`."""
    found = [position for position in _visible(layers) if _mode(layers[position]) in MODES]
    return found[-_MAX_SEPARATED:]


def can_be_separated(layer: Json, layers: list[Json]) -> bool:
    """Whether the precomposition of a layer can be drawn separately from the rest."""
    effects = objects(layer.get("ef"))
    return (
        _mode(layer) in (NORMAL, *MODES)
        and id(layer) not in mattes(layers)
        and not any(
            number(effect.get("ty"), 0) >= _FIRST_DRAWN_EFFECT and effect.get("en") != 0
            for effect in effects
        )
    )


def sheets_of(scene: Json) -> list[Sheet | SheetGroup]:
    """The sheets from bottom to top, starting with a `Sheet`; most scenes are a single sheet."""
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
        self._left = _MAX_SEPARATED

    def is_needed(self, layers: list[Json]) -> bool:
        """Whether a layer of a composition, at any depth, has one of `MODES`."""
        return any(True for _ in self._separated(layers))

    def sheets(self, layers: list[Json], show: _Show, depth: int = 0) -> list[Sheet | SheetGroup]:
        sheets: list[Sheet | SheetGroup] = []
        end = len(layers)
        for position in reversed([*self._separated(layers, depth)]):
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

    def _separated(self, layers: list[Json], depth: int = 0) -> Iterator[int]:
        for position in _visible(layers):
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
        return self._needed[name] and can_be_separated(layer, layers)

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


def _visible(layers: list[Json]) -> Iterator[int]:
    """The positions of the layers that are drawn themselves, as far as their fields say."""
    hidden = mattes(layers)
    for position, layer in enumerate(layers):
        if (
            layer.get("hd") is not True
            and layer_type(layer) not in _INVISIBLE
            and id(layer) not in hidden
        ):
            yield position


def _bare(layer: Json) -> Json:
    """The layer without what covers or fades its precomposition."""
    bare = {key: value for key, value in layer.items() if key not in _COVER_KEYS}
    transform = layer.get("ks")
    if is_object(transform) and [*states(transform.get("o"))] not in ([100], [[100]]):
        bare["ks"] = {key: value for key, value in transform.items() if key != "o"}
    return bare


def _endless_sheet() -> Json:
    """A white layer larger than any precomposition, which crops it to its own size."""
    size = 2 * _FAR
    sheet: Json = {"ty": _SOLID, "sc": "#ffffff", "sw": size, "sh": size, "st": 0}
    sheet |= {"ip": -_ALWAYS, "op": _ALWAYS, "ks": {"p": still([-_FAR, -_FAR])}}
    replace_solids([sheet])
    replace_rectangles([sheet])
    return sheet


def _parts(layers: list[Json], positions: Iterable[int]) -> list[Json]:
    """Only the layers at `positions`; the others become nulls, so that they stay parents."""
    drawn = set(positions)
    shown = drawn | _matte_sources(layers, drawn)
    parts = [
        _blended_normally(layer) if position in shown else _as_null(layer)
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


def _blended_normally(layer: Json) -> Json:
    return {key: 0 if key == "bm" and value in MODES else value for key, value in layer.items()}


def _as_null(layer: Json) -> Json:
    return {key: value for key, value in layer.items() if key in _NULL_KEYS} | {"ty": _NULL}


def _shown(layers: list[Json], assets: Mapping[str, Json]) -> list[Json]:
    """The assets that the layers show at any depth."""
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
