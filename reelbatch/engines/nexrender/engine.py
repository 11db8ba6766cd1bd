"""The description of the engine; its work is in `renderer`."""

from typing import ClassVar

from reelbatch.engines.base import CONTRACT_FUNCTIONS, RenderEngine, Renderer
from reelbatch.engines.nexrender.tool import HOW_TO_GET_IT, is_installed
from reelbatch.models.wire.warnings import WarningCode


class NexrenderEngine(RenderEngine):
    """Renders After Effects projects on machines where After Effects is installed."""

    name: ClassVar[str] = "nexrender"
    version: ClassVar[str] = "2"
    template_types: ClassVar[frozenset[str]] = frozenset({"aep", "mogrt", "zip"})
    manifest: ClassVar[str] = "reelbatch.json"
    draws: ClassVar[frozenset[str]] = frozenset(WarningCode) - {
        WarningCode.MISSING_PICTURE,
        WarningCode.MISSING_SOUND,
    }  # all others are about the conversion to Lottie
    asset_types: ClassVar[frozenset[str]] = frozenset(
        {
            *("text", "data", "image", "video", "audio"),
            *("static", "script", "essential", "function"),
        }
    )
    functions: ClassVar[frozenset[str]] = CONTRACT_FUNCTIONS
    gives_projects: ClassVar[bool] = True
    runs_programs: ClassVar[bool] = True

    @classmethod
    def why_unavailable(cls) -> str | None:
        return None if is_installed() else HOW_TO_GET_IT

    @classmethod
    def renderer(cls) -> Renderer:
        from reelbatch.engines.nexrender.renderer import NexrenderRenderer

        return NexrenderRenderer()
