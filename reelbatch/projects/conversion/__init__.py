"""Compositions of After Effects become Lottie documents (https://lottie.github.io/lottie-spec/).

A module for each thing that is converted. What the document cannot say is a reason.
"""
