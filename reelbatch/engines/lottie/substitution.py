"""Applies a job's assets to a document before it is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from reelbatch.engines.base import RenderLimits, ResolvedAsset
from reelbatch.engines.lottie.animated_pictures import as_video, is_animated
from reelbatch.engines.lottie.document import (
    PICTURE_LAYERS,
    Json,
    LottieComposition,
    LottieDocument,
    layer_type,
    reference,
)
from reelbatch.engines.lottie.functions import (
    COMPOSITION_FUNCTIONS,
    FUNCTIONS,
    LAYER_FUNCTIONS,
    Stage,
)
from reelbatch.engines.lottie.images import box_of, fitted_picture
from reelbatch.engines.lottie.properties import set_words, still, value_of
from reelbatch.engines.lottie.property_paths import set_by_path, set_slot, slot_name
from reelbatch.engines.lottie.sounds import ReplacedSound
from reelbatch.engines.lottie.typesetting.autoscale import TextFit
from reelbatch.engines.lottie.video_layers import ReplacedVideo, replaced_video
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.wire.assets import (
    Asset,
    DataAsset,
    EssentialAsset,
    FunctionAsset,
    MediaAsset,
    StaticAsset,
    TextAsset,
    layer_names,
)
from reelbatch.models.wire.warnings import RenderWarning
from reelbatch.projects import REPLACEABLE

_IMAGE_LAYER = 2


class Substitution:
    """Applies assets in order, so that later ones override earlier ones.

    Afterwards `sounds`, `pictures` and `videos` hold what the changed layers play and show;
    `pictures` and `videos` are keyed by the ids that the layers refer to. `fits` are the texts
    whose font size will be chosen later.
    """

    def __init__(
        self,
        *,
        document: LottieDocument,
        composition: LottieComposition,
        limits: RenderLimits,
        folder: Path,
    ) -> None:
        """Assets address `composition` unless they name another one.

        Media that must be re-encoded is written to `folder`.
        """
        self._folder = folder
        self._document = document
        self._composition = composition
        self._limits = limits
        self.sounds: list[ReplacedSound] = []
        self.pictures: dict[str, Json] = {}
        self.warnings: list[RenderWarning] = []
        """Warnings about pictures of the job that are drawn only in part."""
        self.videos: dict[str, ReplacedVideo] = {}
        self.fits: list[TextFit] = []
        self.changed_texts: list[tuple[LottieComposition, Json]] = []
        """The text layers whose words the job has replaced."""

    def apply(self, assets: Sequence[ResolvedAsset]) -> None:
        """Apply `assets`. Raises AssetInvalid, naming the asset and its layer, or LimitExceeded."""
        for position, resolved in enumerate(assets):
            try:
                self._apply(resolved)
            except AssetInvalid as error:
                where = f"Asset {position} ({_description(resolved.asset)})"
                raise AssetInvalid(f"{where}: {error.message}") from error

    def _apply(self, resolved: ResolvedAsset) -> None:
        asset = resolved.asset
        if isinstance(asset, TextAsset):
            self._on_layers(asset, asset.layer_name, partial(self._set_words, asset.value))
        elif isinstance(asset, DataAsset) and (slot := slot_name(asset.property)) is not None:
            set_slot(self._document.all_layers(), [slot], value_of(asset))
        elif isinstance(asset, EssentialAsset):
            set_slot(self._document.all_layers(), asset.control_names, asset.value)
        elif isinstance(asset, DataAsset):
            self._on_layers(
                asset,
                asset.layer_name,
                lambda _, layer: set_by_path(layer, asset.property, value_of(asset)),
            )
        elif isinstance(asset, FunctionAsset):
            self._call(asset)
        elif isinstance(asset, MediaAsset):
            self._replace_source(asset, resolved.file)
        elif not isinstance(asset, StaticAsset):  # static files are found by name when drawing
            raise AssetInvalid(f"Lottie templates do not support assets of the type {asset.type}.")

    def _set_words(self, words: str, state: LottieComposition, layer: Json) -> None:
        set_words(layer, words)
        self.changed_texts.append((state, layer))

    def _call(self, asset: FunctionAsset) -> None:
        if asset.name not in FUNCTIONS:
            raise AssetInvalid(
                f"Lottie templates do not support the function {asset.name}; "
                f"they support {', '.join(sorted(FUNCTIONS))}."
            )
        stage = Stage(
            document=self._document,
            composition=self._target(asset),
            limits=self._limits,
            fits=self.fits,
        )
        if asset.name in COMPOSITION_FUNCTIONS:
            COMPOSITION_FUNCTIONS[asset.name](stage, asset.params)
            return
        if not asset.layer_names:
            raise AssetInvalid(f"{asset.name} needs a layerName.")
        function = LAYER_FUNCTIONS[asset.name]
        for name in asset.layer_names:
            self._on_layers(
                asset,
                name,
                lambda state, layer: function(
                    replace(stage, composition=state), layer, asset.params
                ),
            )

    def _replace_source(self, asset: MediaAsset, file: Path | None) -> None:
        if file is None:
            raise AssetInvalid("The asset's file is missing.")
        if asset.type == "audio":
            self._on_layers(
                asset,
                asset.layer_name,
                lambda _, layer: self.sounds.append(ReplacedSound(layer, file)),
            )
        elif asset.type == "video" or (asset.conform is not False and is_animated(file)):
            footage = as_video(file, self._folder, self._limits)
            self._on_layers(
                asset,
                asset.layer_name,
                lambda _, layer: self._show_video(layer, asset.layer_name, footage),
            )
        else:
            self._on_layers(
                asset, asset.layer_name, lambda _, layer: self._show_picture(layer, file)
            )

    def _show_picture(self, layer: Json, file: Path) -> None:
        """Show the whole picture centred in the layer's box; the layer's transform stays."""
        identity = f"reelbatch-picture-{len(self.pictures)}"
        picture = fitted_picture(file, identity, self._box(layer), self._limits, self.warnings)
        self.pictures[identity] = picture
        _refer(layer, identity, (picture["w"], picture["h"]))

    def _show_video(self, layer: Json, name: str, file: Path) -> None:
        """Show a video like a picture; it begins at the layer's start time."""
        identity = f"reelbatch-footage-{len(self.videos)}"
        video = replaced_video(file, name, self._box(layer), self._limits)
        self.videos[identity] = video
        _refer(layer, identity, video.box)

    def _box(self, layer: Json) -> tuple[float, float] | None:
        """The box that a picture is fitted into; None: it keeps its own size."""
        if layer_type(layer) not in PICTURE_LAYERS:
            raise AssetInvalid(f"A layer of type {layer_type(layer)} cannot show a picture.")
        if REPLACEABLE in layer:
            return None
        identity = reference(layer.get("refId"))
        if identity in self.videos:
            return self.videos[identity].box
        solid = {"w": layer.get("sw"), "h": layer.get("sh")}
        earlier = self.pictures.get(identity, {})
        for source in (earlier, self._document.asset_of(layer) or {}, layer, solid):
            box = box_of(source)
            if box is not None:
                return box
        root = self._document.main
        return (float(root.width), float(root.height))

    def _on_layers(
        self, asset: Asset, name: str, change: Callable[[LottieComposition, Json], Any]
    ) -> None:
        """Change every layer with that name in the asset's composition."""
        composition = self._target(asset)
        if not composition.layers_named(name):
            raise AssetInvalid(f"The composition {composition.name!r} has no layer {name!r}.")
        for state in self._document.states_of(composition):
            for layer in state.layers_named(name):
                change(state, layer)

    def _target(self, asset: Asset) -> LottieComposition:
        if asset.composition is None:
            return self._composition
        found = self._document.composition(asset.composition)
        if found is None:
            names = ", ".join(repr(name) for name in self._document.compositions)
            raise AssetInvalid(
                f"The template has no composition {asset.composition!r}; it has {names}."
            )
        return found


def _refer(layer: Json, identity: str, size: tuple[float, float]) -> None:
    """Make the layer show an image asset."""
    layer.update(ty=_IMAGE_LAYER, refId=identity)
    layer.pop("tm", None)  # only precompositions can be time-remapped
    if layer.get(REPLACEABLE) == "middle":
        layer["ks"]["a"] = still([size[0] / 2, size[1] / 2, 0])


def _description(asset: Asset) -> str:
    layers = ", ".join(repr(name) for name in layer_names(asset))
    return f"{asset.type}, layer {layers}" if layers else asset.type
