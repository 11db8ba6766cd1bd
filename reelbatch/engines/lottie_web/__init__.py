"""The lottie-web engine: draws Lottie files with lottie-web in the HTML engine's browser."""

from reelbatch.engines.lottie_web.engine import LottieWebEngine

__all__ = ["LottieWebEngine"]
