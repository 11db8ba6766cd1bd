"""Lottie files as lottie-web draws them, the player of browsers, in the page of the HTML engine."""

from reelbatch.engines.lottie_web.engine import LottieWebEngine

__all__ = ["LottieWebEngine"]
