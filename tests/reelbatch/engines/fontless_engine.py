"""The Lottie engine as on a machine without fonts: it only has the bundled ones."""

from typing import ClassVar

from reelbatch.engines.base import Renderer
from reelbatch.engines.lottie import LottieEngine


class FontlessEngine(LottieEngine):
    name: ClassVar[str] = "fontless"
    template_types: ClassVar[frozenset[str]] = frozenset({"fontless"})

    @classmethod
    def renderer(cls) -> Renderer:
        from reelbatch.engines.lottie.typesetting import system_fonts

        system_fonts.font_files = tuple
        return super().renderer()
