"""Checks at submission whether an asset fits a layer, using what the inspection has stored."""

import json

from reelbatch.engines.lottie.document import LAYER_TYPES, PICTURE_LAYERS, Json
from reelbatch.engines.lottie.properties import ValueUnusable, value_of
from reelbatch.engines.lottie.property_paths import set_by_path, slot_name
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.stored.templates import Layer
from reelbatch.models.wire.assets import (
    Asset,
    DataAsset,
    FunctionAsset,
    MediaAsset,
    NestedJobAsset,
    TextAsset,
)
from reelbatch.models.wire.secrets import has_reference

_NUMBERS = {name: number for number, name in LAYER_TYPES.items()}
_TEXT = frozenset({"text"})
_FUNCTION_LAYER_TYPES = {
    "nx:text-params-set": _TEXT,
    "nx:layer-autoscale": _TEXT,
    "nx:solid-color-set": frozenset({"solid", "shape"}),
}


def problem_on(asset: Asset, layer: Layer) -> tuple[str, str] | None:
    """The asset's field and why it does not fit the layer; None if no problem is known."""
    if isinstance(asset, DataAsset):
        return _data_problem(asset, layer)
    if layer.layer_type in _layer_types(asset, layer):
        return None
    return "layerName", f"A layer of type {layer.layer_type} {_reason(asset)}."


def _layer_types(asset: Asset, layer: Layer) -> frozenset[str]:
    """The types of layers that the asset works on."""
    if isinstance(asset, (MediaAsset, NestedJobAsset)) and asset.type != "audio":
        return PICTURE_LAYERS
    if isinstance(asset, TextAsset):
        return _TEXT
    any_type = frozenset({layer.layer_type})
    if isinstance(asset, FunctionAsset):
        return _FUNCTION_LAYER_TYPES.get(asset.name, any_type)
    return any_type


def _reason(asset: Asset) -> str:
    if isinstance(asset, FunctionAsset):
        return f"cannot be changed by {asset.name}"
    return "has no text" if isinstance(asset, TextAsset) else "cannot show a picture"


def _data_problem(asset: DataAsset, layer: Layer) -> tuple[str, str] | None:
    """Try the asset on a layer that consists of the stored parts."""
    is_secret = isinstance(asset.value, str) and has_reference(asset.value)  # unknown until later
    if layer.parts is None or is_secret or slot_name(asset.property) is not None:
        return None
    try:
        set_by_path(_stand_in(layer), asset.property, value_of(asset))
    except ValueUnusable as error:
        return "value", error.message
    except AssetInvalid as error:
        return "property", error.message
    return None


def _stand_in(layer: Layer) -> Json:
    parts: Json = json.loads(json.dumps(layer.parts)) if layer.parts else {}
    return {
        "ty": _NUMBERS.get(layer.layer_type),
        "ks": {},
        "t": {"d": {"k": [{"s": {}, "t": 0}]}},
        **parts,
    }
