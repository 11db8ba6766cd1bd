"""The Lottie render engine: draws Lottie, After Effects' open export format, on the CPU."""

from reelbatch.engines.lottie.engine import LottieEngine

__all__ = ["LottieEngine"]
