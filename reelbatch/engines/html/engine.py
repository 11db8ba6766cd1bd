"""What the engine is; `renderer` has what it does."""

from typing import ClassVar

from reelbatch.engines.base import RenderEngine, Renderer
from reelbatch.engines.html.browser import HOW_TO_GET_IT, find_browser


class HtmlEngine(RenderEngine):
    """Renders a page of HTML, or a zip of pages and their files, at exact times."""

    name: ClassVar[str] = "html"
    version: ClassVar[str] = "3"
    template_types: ClassVar[frozenset[str]] = frozenset({"html"})
    asset_types: ClassVar[frozenset[str]] = frozenset({"text", "data", "image", "static"})
    runs_programs: ClassVar[bool] = True
    renders_ranges: ClassVar[bool] = True

    @classmethod
    def why_unavailable(cls) -> str | None:
        return None if find_browser() else HOW_TO_GET_IT

    @classmethod
    def renderer(cls) -> Renderer:
        from reelbatch.engines.html.renderer import HtmlRenderer

        return HtmlRenderer()
