"""The Lottie render engine: draws After Effects' open export with ThorVG, without a GPU."""

from reelbatch.engines.lottie.engine import LottieEngine

__all__ = ["LottieEngine"]
