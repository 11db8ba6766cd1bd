"""The description of the engine; its work is in `renderer`."""

import sys
from typing import ClassVar

from reelbatch.engines.base import RenderEngine, Renderer
from reelbatch.engines.html.browser import HOW_TO_GET_IT, find_browser
from reelbatch.models.stored.templates import Layer
from reelbatch.models.wire.assets import Asset, DataAsset, MediaAsset, NestedJobAsset, TextAsset

_IMPOSSIBLE = {"win32": "It controls its browser by pipes that Windows cannot pass on."}
_WORDS = {"text": "text", "image": "a picture", "video": "a video", "audio": "sound"}


class HtmlEngine(RenderEngine):
    """Renders an HTML page, or a zip of pages and their files, at exact times."""

    name: ClassVar[str] = "html"
    version: ClassVar[str] = "3"
    template_types: ClassVar[frozenset[str]] = frozenset({"html"})
    asset_types: ClassVar[frozenset[str]] = frozenset(
        {"text", "data", "image", "video", "audio", "static"}
    )
    runs_programs: ClassVar[bool] = True
    renders_ranges: ClassVar[bool] = True

    @classmethod
    def why_unavailable(cls) -> str | None:
        return _IMPOSSIBLE.get(sys.platform) or (None if find_browser() else HOW_TO_GET_IT)

    @classmethod
    def layer_problem(cls, asset: Asset, layer: Layer) -> tuple[str, str] | None:
        needed = _kind_of(asset)
        if needed is None or layer.layer_type in (needed, "data"):
            return None
        way_out = 'If a script shows it, name the layer in `layers` as "data".'
        return (
            "layerName",
            f"An element for {layer.layer_type} cannot show {_WORDS[needed]}. {way_out}",
        )

    @classmethod
    def renderer(cls) -> Renderer:
        from reelbatch.engines.html.renderer import HtmlRenderer

        return HtmlRenderer()


def _kind_of(asset: Asset) -> str | None:
    """Return the type of layer that shows the asset; None for any type."""
    if isinstance(asset, TextAsset) or (isinstance(asset, DataAsset) and asset.property == "value"):
        return "text"
    if isinstance(asset, (MediaAsset, NestedJobAsset)):
        return asset.media_type if isinstance(asset, NestedJobAsset) else asset.type
    return None
