"""The engine's description; its renderer is imported only when it is needed."""

from typing import ClassVar

from reelbatch.engines.base import Renderer
from reelbatch.engines.html import HtmlEngine
from reelbatch.engines.lottie.engine import LottieEngine
from reelbatch.engines.lottie_web.player import HOW_TO_GET_THE_PLAYER, find_player
from reelbatch.models.wire.warnings import WarningCode


class LottieWebEngine(LottieEngine):
    """Renders the Lottie engine's templates if a template or a job requests `lottie-web`."""

    name: ClassVar[str] = "lottie-web"
    version: ClassVar[str] = "1"
    instead_of: ClassVar[str] = LottieEngine.name
    asset_types: ClassVar[frozenset[str]] = LottieEngine.asset_types - {"video"}
    draws: ClassVar[frozenset[str]] = frozenset(
        {
            WarningCode.EXPRESSIONS_OFF,
            WarningCode.BLEND_MODE_WEAK,
            WarningCode.TRIM_PATHS_TOGETHER,
        }
    )
    runs_programs: ClassVar[bool] = True
    runs_expressions: ClassVar[bool] = False  # the confined browser runs them

    @classmethod
    def why_unavailable(cls) -> str | None:
        missing = None if find_player() else HOW_TO_GET_THE_PLAYER
        return HtmlEngine.why_unavailable() or missing

    @classmethod
    def renderer(cls) -> Renderer:
        from reelbatch.engines.lottie_web.renderer import LottieWebRenderer

        return LottieWebRenderer()
