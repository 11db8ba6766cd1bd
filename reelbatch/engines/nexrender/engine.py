"""What the engine is; `renderer` has what it does."""

from typing import ClassVar

from reelbatch.engines.base import RenderEngine, Renderer
from reelbatch.engines.nexrender.tool import HOW_TO_GET_IT, is_installed


class NexrenderEngine(RenderEngine):
    """Renders projects of After Effects where that is installed. It is served only there."""

    name: ClassVar[str] = "nexrender"
    version: ClassVar[str] = "1"
    template_types: ClassVar[frozenset[str]] = frozenset({"aep", "mogrt", "zip"})
    manifest: ClassVar[str] = "reelbatch.json"
    asset_types: ClassVar[frozenset[str]] = frozenset({"text", "data", "image", "video", "audio"})
    runs_programs: ClassVar[bool] = True

    @classmethod
    def why_unavailable(cls) -> str | None:
        return None if is_installed() else HOW_TO_GET_IT

    @classmethod
    def renderer(cls) -> Renderer:
        from reelbatch.engines.nexrender.renderer import NexrenderRenderer

        return NexrenderRenderer()
