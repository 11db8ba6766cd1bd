"""A render engine for Reelbatch that shows each line of a text file for a second."""

from reelbatch.engines.base import RenderEngine, Renderer


class SlidesEngine(RenderEngine):
    name = "slides"
    version = "1.0"
    template_types = frozenset({"slides"})
    asset_types = frozenset({"text"})

    @classmethod
    def renderer(cls) -> Renderer:
        from slides_engine.renderer import SlidesRenderer

        return SlidesRenderer()
