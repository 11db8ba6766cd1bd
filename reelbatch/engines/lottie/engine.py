"""The engine's description; its renderer is imported only when it is needed."""

from importlib import metadata
from typing import ClassVar

from reelbatch.engines.base import CONTRACT_FUNCTIONS, RenderEngine, Renderer
from reelbatch.models.stored.templates import Layer
from reelbatch.models.wire.assets import Asset
from reelbatch.models.wire.fonts import FontFace

_BUNDLED: tuple[FontFace, ...] = tuple(
    FontFace(
        family=family,
        style=style,
        postscript_name=f"{family.replace(' ', '')}-{style.replace(' ', '')}",
        file_name=f"{family.replace(' ', '')}-{style.replace(' ', '')}.ttf",
    )
    for family, styles in (
        ("Inter", ("Regular", "Italic", "Medium", "Bold", "Bold Italic")),
        ("Noto Serif", ("Regular", "Bold")),
        ("Noto Sans Mono", ("Regular", "Bold")),
        ("Anton", ("Regular",)),
    )
    for style in styles
)


class LottieEngine(RenderEngine):
    """Renders Lottie files and After Effects projects.

    Lottie comes as JSON, as dotLottie, or as a zip of a Lottie JSON with its images and fonts.
    After Effects projects are converted to Lottie first.
    """

    name: ClassVar[str] = "lottie"
    version: ClassVar[str] = f"2 (thorvg-cython {metadata.version('thorvg-cython')})"
    template_types: ClassVar[frozenset[str]] = frozenset({"aep", "lottie", "mogrt", "zip"})
    asset_types: ClassVar[frozenset[str]] = frozenset(
        {"text", "image", "video", "data", "audio", "function", "static", "essential"}
    )
    functions: ClassVar[frozenset[str]] = CONTRACT_FUNCTIONS
    fonts: ClassVar[tuple[FontFace, ...]] = _BUNDLED
    renders_ranges: ClassVar[bool] = True
    runs_expressions: ClassVar[bool] = True

    @classmethod
    def layer_problem(cls, asset: Asset, layer: Layer) -> tuple[str, str] | None:
        from reelbatch.engines.lottie.targets import problem_on

        return problem_on(asset, layer)

    @classmethod
    def renderer(cls) -> Renderer:
        from reelbatch.engines.lottie.renderer import LottieRenderer

        return LottieRenderer()
