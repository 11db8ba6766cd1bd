"""Converts a composition with everything that it shows to a single Lottie document."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reelbatch.models.errors import LimitExceeded, TemplateInvalid
from reelbatch.models.wire.warnings import RenderWarning, WarningCode
from reelbatch.projects import COPY_OF
from reelbatch.projects.conversion.essentials import (
    Override,
    overrides_of,
    with_overrides,
    with_slots,
)
from reelbatch.projects.conversion.keyframes import Clock, Json, rounded, still
from reelbatch.projects.conversion.layers import convert_layer, is_seen, matted
from reelbatch.projects.conversion.scene import Place, Scene
from reelbatch.projects.conversion.sources import color_code, sound
from reelbatch.projects.footage import FootageFiles, ShownFile, is_video
from reelbatch.projects.model import (
    Composition,
    Control,
    Footage,
    Item,
    Layer,
    LayerKind,
    Marker,
    Project,
)
from reelbatch.projects.reasons import Reasons

_VERSION = "5.13.0"  # of Bodymovin, whose documents these resemble
_OPEN_MARGIN = 5000  # pixels by which layers may extend beyond a collapsed composition
_MAX_COPIES = 500  # of compositions, for layers that set Essential Properties
_PRECOMPOSITION, _NULL = 0, 3
_SLOWER = 0.01  # frames per second; smaller differences are ignored


@dataclass(frozen=True)
class Conversion:
    """A document, the reasons why it differs from the design, and the files that it shows.

    `files` come from the project's archive, by their paths in the document.
    """

    document: Json
    reasons: tuple[RenderWarning, ...]
    files: Mapping[str, ShownFile] = field(default_factory=dict[str, ShownFile])


def convert(project: Project, name: str, files: FootageFiles | None = None) -> Conversion:
    """Convert the first composition with this name.

    Raises TemplateInvalid if the project has none.
    """
    composition = next((one for one in project.compositions if one.name == name), None)
    if composition is None:
        known = ", ".join(repr(one.name) for one in project.compositions)
        raise TemplateInvalid(f"The project has no composition {name!r}; it has {known}.")
    reasons = Reasons()
    if project.linear:
        reasons.within(name).add(
            WarningCode.BLEND_MODE_NOT_DRAWN, "Colours are not blended with a gamma of 1.0."
        )
    clock = Clock(composition.frame_rate)
    scene = Scene(project, files or FootageFiles(), clock)
    layers = _Layers(scene, reasons, composition.controls).of(composition, seen=True)
    start, duration = composition.work_area
    end = start + (duration if duration > 0 else composition.duration)
    document: Json = {
        "v": _VERSION,
        "fr": composition.frame_rate,
        "ip": clock.frames(start),
        "op": clock.frames(end),
        "w": composition.width,
        "h": composition.height,
        "nm": composition.name,
        "ddd": 0,
        "bg": color_code(composition.background),
        "assets": list(scene.assets.values()),
        "fonts": {"list": list(scene.fonts.named.values())},
        "layers": layers,
        "markers": _markers(composition, clock),
    }
    return Conversion(document, tuple(reasons.found), dict(scene.used))


class _Layers:
    """Converts compositions to lists of layers: each one once, and again for each layer that shows
    it with different values of its Essential Properties."""

    def __init__(self, scene: Scene, reasons: Reasons, controls: Sequence[Control]) -> None:
        """`controls` may set properties of any composition."""
        self._scene = scene
        self._reasons = reasons
        self._controls = controls
        self._done: set[tuple[str, bool]] = set()
        self._copies: dict[tuple[int, tuple[Override, ...]], str] = {}
        self._inside: dict[int, dict[int, Item]] = {}

    def of(
        self, composition: Composition, overrides: Sequence[Override] = (), *, seen: bool
    ) -> list[Json]:
        composition = with_slots(composition, (*composition.controls, *self._controls))
        composition = with_overrides(composition, overrides)
        reasons = self._reasons.within(composition.name, seen=seen)
        if composition.pixel_aspect != 1:
            reasons.add(WarningCode.PIXELS_NOT_SQUARE, "The composition has non-square pixels.")
        place = _place(composition, self._scene)
        layers = [self._layer(layer, place, overrides, seen=seen) for layer in composition.layers]
        mattes = [(n, one.matte) for n, one in enumerate(composition.layers) if one.matte]
        return matted(layers, mattes, place, reasons)

    def _layer(
        self, layer: Layer, place: Place, overrides: Sequence[Override], *, seen: bool
    ) -> Json:
        shown = seen and (is_seen(layer, place) or layer.identity in place.mattes)
        where = place.composition.name, layer.name
        reasons = self._reasons.within(*where, seen=shown)
        converted = convert_layer(layer, place, self._scene, reasons)
        source = self._scene.project.items.get(layer.source) if layer.source else None
        if converted["ty"] == _PRECOMPOSITION and isinstance(source, Composition):
            own, others = overrides_of(layer, source)
            for name in others:
                reasons.add(
                    WarningCode.ESSENTIAL_PROPERTIES_NOT_DRAWN,
                    f"The Essential Property {name!r} is not drawn.",
                )
            converted["refId"] = self._asset(source, [*own, *overrides], seen=shown)
            slower = self._scene.clock.frame_rate - source.frame_rate > _SLOWER
            if source.keeps_frame_rate and slower:
                reasons.add(
                    WarningCode.FRAME_RATE_NOT_KEPT,
                    f"The frame rate of {source.name!r} is not preserved.",
                )
            if "tm" in converted and self._plays_video(source):
                reasons.add(
                    WarningCode.FOOTAGE_NOT_DRAWN,
                    "Videos in a composition with remapped or reversed time are not drawn.",
                )
            if "au" in converted and ("tm" in converted or converted["sr"] != 1):
                reasons.add(
                    WarningCode.FOOTAGE_NOT_DRAWN,
                    "Sounds in a composition with remapped or stretched time play at their own "
                    "speed.",
                )
            if layer.switches.collapse:
                self._collapse(converted, source, reasons)
        if layer.identity in place.heard and layer.identity not in place.mattes:
            self._hear(layer, source, converted, self._reasons.within(*where, seen=seen))
        return converted

    def _hear(self, layer: Layer, source: Item | None, converted: Json, reasons: Reasons) -> None:
        """Keep the sound of a layer whose picture is switched off."""
        del converted["hd"]
        if isinstance(source, Footage):
            converted |= sound(source, layer, self._scene, reasons)
        else:
            converted["ks"]["o"] = still(0)

    def _plays_video(self, composition: Composition) -> bool:
        """Whether the composition, or one inside it, plays a video."""
        return any(
            isinstance(item, Footage) and item.frame_rate and is_video(item.path)
            for item in _inside(composition, self._scene.project.items).values()
        )

    def _collapse(self, layer: Json, source: Composition, reasons: Reasons) -> None:
        """Open the edges of a collapsed composition.

        It is not clipped, and not a picture by itself: its layers blend with those below it and
        each take on its opacity, which is not drawn.
        """
        seen = [one for one in source.layers if one.switches.enabled and not one.switches.guide]
        blends = layer["bm"] != 0 or (layer["ks"]["o"] != still(100) and len(seen) > 1)
        if (
            "masksProperties" in layer
            or blends
            or any(
                one.switches.three_d or one.switches.adjustment or one.switches.blending != "normal"
                for one in seen
            )
        ):
            reasons.add(WarningCode.COLLAPSE_NOT_DRAWN, "Collapse Transformations is not drawn.")
            return
        asset = _opened(self._scene.assets[layer["refId"]])
        self._scene.assets.setdefault(asset["id"], asset)
        layer |= {"refId": asset["id"], "w": asset["w"], "h": asset["h"]}
        _move_anchor(layer["ks"])

    def _asset(self, composition: Composition, overrides: Sequence[Override], *, seen: bool) -> str:
        """Convert a composition when it is first used, and again when it is first visible, because
        hidden layers have no reasons."""
        changing = [one for one in overrides if self._changes(composition, one)]
        identity = self._identity(composition, changing)
        if (identity, seen) not in self._done and (identity, True) not in self._done:
            self._done.add((identity, seen))
            self._scene.assets[identity] = {
                "id": identity,
                "nm": composition.name,
                "w": composition.width,
                "h": composition.height,
                "layers": self.of(composition, changing, seen=seen),
            }
            if changing:
                self._scene.assets[identity][COPY_OF] = self._identity(composition, [])
        return identity

    def _identity(self, composition: Composition, overrides: Sequence[Override]) -> str:
        """The id of the asset. Raises LimitExceeded."""
        if not overrides:
            return f"comp_{composition.identity}"
        key = composition.identity, tuple(overrides)
        if key not in self._copies and len(self._copies) >= _MAX_COPIES:
            raise LimitExceeded(
                f"More than {_MAX_COPIES} layers set Essential Properties of their compositions."
            )
        number = len(self._copies) + 1
        return self._copies.setdefault(key, f"comp_{composition.identity}_{number}")

    def _changes(self, composition: Composition, override: Override) -> bool:
        """Whether the override changes the composition or one inside it."""
        items = self._scene.project.items
        if composition.identity not in self._inside:
            self._inside[composition.identity] = _inside(composition, items)
        target = self._inside[composition.identity].get(override.control.composition)
        return isinstance(target, Composition) and with_overrides(target, [override]) is not target


def _place(composition: Composition, scene: Scene) -> Place:
    layers, items = composition.layers, scene.project.items
    left_out = frozenset(_left_out(layers, items))
    rendered = [
        layer for layer in layers if not layer.switches.guide and layer.identity not in left_out
    ]
    seen = {layer.identity for layer in rendered if _is_on(layer, items)}
    kinds = {layer.kind for layer in layers if layer.switches.enabled}
    return Place(
        composition=composition,
        indices={layer.identity: number for number, layer in enumerate(layers, start=1)},
        deep=bool(kinds & {LayerKind.CAMERA, LayerKind.LIGHT}),
        unseen=frozenset(layer.identity for layer in layers) - seen,
        heard=frozenset(
            layer.identity
            for layer in rendered
            if layer.identity not in seen
            and layer.switches.audio
            and scene.is_heard(items.get(layer.source or 0))
        ),
        mattes=frozenset(_mattes(layers)),
    )


def _is_on(layer: Layer, items: Mapping[int, Item]) -> bool:
    """Whether the layer is switched on; sounds only have an audio switch."""
    source = items.get(layer.source or 0)
    if isinstance(source, Footage) and not source.has_picture:
        return layer.switches.audio
    return layer.switches.enabled


def _left_out(layers: Sequence[Layer], items: Mapping[int, Item]) -> Iterator[int]:
    """The layers that are off because another of the same kind, such as a sound, is solo."""

    def kind(layer: Layer) -> LayerKind | bool:
        source = items.get(layer.source) if layer.source is not None else None
        if layer.kind in (LayerKind.CAMERA, LayerKind.LIGHT):
            return layer.kind
        return isinstance(source, Footage) and not source.has_picture

    solo = {kind(layer) for layer in layers if layer.switches.solo}
    for layer in layers:
        if kind(layer) in solo and not layer.switches.solo:
            yield layer.identity


def _mattes(layers: Sequence[Layer]) -> Iterator[int]:
    """The layers used as mattes: the ones chosen, or by default the layer above."""
    for position, layer in enumerate(layers):
        if layer.matte is not None and layer.matte.layer is not None:
            yield layer.matte.layer
        elif layer.matte is not None and position > 0:
            yield layers[position - 1].identity


def _inside(composition: Composition, items: Mapping[int, Item]) -> dict[int, Item]:
    """The composition and everything that it shows, by identity."""
    found: dict[int, Item] = {}
    waiting: list[Item | None] = [composition]
    while waiting:
        item = waiting.pop()
        if item is None or item.identity in found:
            continue
        found[item.identity] = item
        if isinstance(item, Composition):
            waiting += [
                items.get(layer.source) for layer in item.layers if layer.source is not None
            ]
    return found


def _opened(asset: Json) -> Json:
    """A composition whose layers are not clipped at its edges: `collapse transformations`.

    Players clip at an asset's size, so it gets a size larger than its content.
    """
    layers = copy.deepcopy(asset["layers"])
    handle = len(layers) + 1
    for layer in layers:
        layer.setdefault("parent", handle)
    middle = [_OPEN_MARGIN, _OPEN_MARGIN, 0]
    still_at = {"o": 100, "r": 0, "p": middle, "a": [0, 0, 0], "s": [100, 100, 100]}
    null: Json = {
        "ty": _NULL,
        "ind": handle,
        "nm": "edges",
        "ip": -1e6,
        "op": 1e6,
        "st": 0,
        "sr": 1,
        "ks": {key: still(value) for key, value in still_at.items()},
    }
    return {
        COPY_OF: asset["id"],
        **asset,
        "id": f"{asset['id']}_open",
        "w": asset["w"] + 2 * _OPEN_MARGIN,
        "h": asset["h"] + 2 * _OPEN_MARGIN,
        "layers": [*layers, null],
    }


def _move_anchor(transform: Json) -> None:
    anchor = transform["a"]
    for state in [key["s"] for key in anchor["k"]] if anchor["a"] else [anchor["k"]]:
        state[:2] = [state[0] + _OPEN_MARGIN, state[1] + _OPEN_MARGIN]


def _markers(composition: Composition, clock: Clock) -> list[Json]:
    keyframes = composition.markers.keyframes if composition.markers else ()
    return [
        {
            "tm": clock.frames(keyframe.time),
            "cm": keyframe.value.comment,
            "dr": rounded(keyframe.value.duration * clock.frame_rate),
        }
        for keyframe in keyframes
        if isinstance(keyframe.value, Marker)
    ]
