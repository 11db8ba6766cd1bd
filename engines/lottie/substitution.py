"""Puts a job's assets into a document, before it is drawn."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engines.base import RenderLimits, ResolvedAsset
from engines.lottie.document import (
    Json,
    LottieComposition,
    LottieDocument,
    layer_type,
    reference,
)
from engines.lottie.functions import FUNCTIONS, call_function
from engines.lottie.images import box_of, fitted_picture
from engines.lottie.properties import set_property, set_words
from engines.lottie.sounds import ReplacedSound
from models.assets import Asset, DataAsset, FunctionAsset, MediaAsset, TextAsset, layer_names
from models.errors import AssetInvalid

ASSET_TYPES = frozenset({"text", "image", "data", "audio", "function"})

_IMAGE_LAYER = 2
# Layer types that show a picture in a box, so that another picture can take its place.
_PICTURE_LAYERS = frozenset({"image", "solid", "video", "image_sequence", "precomp"})


class Substitution:
    """Applies assets in their order, so that a later one wins over an earlier one.

    Afterwards `sounds` and `pictures` hold what the changed layers play and show.
    """

    def __init__(
        self, document: LottieDocument, composition: LottieComposition, limits: RenderLimits
    ) -> None:
        self._document = document
        self._composition = composition
        self._limits = limits
        self.sounds: list[ReplacedSound] = []
        self.pictures: dict[str, Json] = {}

    def apply(self, assets: Sequence[ResolvedAsset]) -> None:
        """Raises AssetInvalid, which names the asset and its layer, or LimitExceeded."""
        for position, resolved in enumerate(assets):
            try:
                self._apply(resolved)
            except AssetInvalid as error:
                where = ", ".join(repr(name) for name in layer_names(resolved.asset))
                raise AssetInvalid(
                    f"Asset {position} ({resolved.asset.type}, layer {where}): {error.message}"
                ) from error

    def _apply(self, resolved: ResolvedAsset) -> None:
        asset = resolved.asset
        if isinstance(asset, TextAsset):
            self._on_layers(asset, asset.layer_name, lambda _, layer: set_words(layer, asset.value))
        elif isinstance(asset, DataAsset):
            self._on_layers(
                asset,
                asset.layer_name,
                lambda _, layer: set_property(layer, asset.property, asset.value),
            )
        elif isinstance(asset, FunctionAsset):
            self._call(asset)
        elif isinstance(asset, MediaAsset) and asset.type in ASSET_TYPES:
            self._replace_source(asset, resolved.file)
        else:
            raise AssetInvalid(f"Lottie templates take no assets of the type {asset.type}.")

    def _call(self, asset: FunctionAsset) -> None:
        if asset.name not in FUNCTIONS:
            raise AssetInvalid(
                f"Lottie templates know no function {asset.name}; "
                f"they know {', '.join(sorted(FUNCTIONS))}."
            )
        if not asset.layer_names:
            raise AssetInvalid(f"{asset.name} needs a layerName.")
        for name in asset.layer_names:
            self._on_layers(
                asset,
                name,
                lambda composition, layer: call_function(
                    asset.name, composition, layer, asset.params
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
        else:
            self._on_layers(
                asset, asset.layer_name, lambda _, layer: self._replace_picture(layer, file)
            )

    def _replace_picture(self, layer: Json, file: Path) -> None:
        """Show all of the picture in the layer's box, centred; the layer's transform stays."""
        if layer_type(layer) not in _PICTURE_LAYERS:
            raise AssetInvalid(f"A layer of type {layer_type(layer)} cannot show a picture.")
        identity = f"reelbatch-picture-{len(self.pictures)}"
        self.pictures[identity] = fitted_picture(file, identity, self._box(layer), self._limits)
        layer.update(ty=_IMAGE_LAYER, refId=identity)

    def _box(self, layer: Json) -> tuple[float, float]:
        solid = {"w": layer.get("sw"), "h": layer.get("sh")}
        earlier = self.pictures.get(reference(layer.get("refId")), {})
        for source in (earlier, self._document.asset_of(layer) or {}, layer, solid):
            box = box_of(source)
            if box is not None:
                return box
        root = self._document.main
        return (float(root.width), float(root.height))

    def _on_layers(
        self, asset: Asset, name: str, change: Callable[[LottieComposition, Json], Any]
    ) -> None:
        """Change every layer of that name in the asset's composition."""
        composition = self._target(asset)
        layers = composition.layers_named(name)
        if not layers:
            raise AssetInvalid(f"The composition {composition.name!r} has no layer {name!r}.")
        for layer in layers:
            change(composition, layer)

    def _target(self, asset: Asset) -> LottieComposition:
        if asset.composition is None:
            return self._composition
        found = self._document.compositions.get(asset.composition)
        if found is None:
            names = ", ".join(repr(name) for name in self._document.compositions)
            raise AssetInvalid(
                f"The template has no composition {asset.composition!r}; it has {names}."
            )
        return found
