"""The description of the engine; its work is in `renderer`."""

from typing import ClassVar

from reelbatch.engines.base import RenderEngine, Renderer
from reelbatch.models.wire.codecs import CODECS


class JoinEngine(RenderEngine):
    """Plays videos one after the other. They are its assets; there is no template.

    The output has the first clip's size and frame rate. Other clips are fitted into that size,
    centred on black. Each frame of the output shows the clip's picture at that time. Clips keep
    their sound; a clip without sound is silent.
    """

    name: ClassVar[str] = "join"
    version: ClassVar[str] = "2"
    asset_types: ClassVar[frozenset[str]] = frozenset({"video"})
    codecs: ClassVar[frozenset[str]] = frozenset(
        codec.name for codec in CODECS.values() if codec.output_type == "video"
    )

    @classmethod
    def renderer(cls) -> Renderer:
        from reelbatch.engines.join.renderer import JoinRenderer

        return JoinRenderer()
