"""What the engine is; `renderer` has what it does."""

from typing import ClassVar

from reelbatch.engines.base import RenderEngine, Renderer
from reelbatch.models.wire.codecs import CODECS


class JoinEngine(RenderEngine):
    """Plays its assets, which are videos, one after the other; it has no templates.

    The output has the first clip's size and frame rate. Other clips are fitted into that size,
    centred on black, and show at each of its frames what they show at that time. Each keeps its
    sound; where a clip has none there is silence.
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
