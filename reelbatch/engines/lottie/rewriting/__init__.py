"""Rewrites what ThorVG draws wrong into what it draws right, just before it is drawn.

Each module has one rule and says what ThorVG does without it.
"""

from collections.abc import Sequence

from reelbatch.engines.lottie.document import Json
from reelbatch.engines.lottie.rewriting.easing import ease_alike
from reelbatch.engines.lottie.rewriting.rectangles import replace_rectangles


def rewrite(compositions: Sequence[list[Json]]) -> None:
    """Rewrite the layers of all compositions that are drawn, in their place."""
    layers = [layer for composition in compositions for layer in composition]
    ease_alike(layers)
    replace_rectangles(layers)
