"""Converts After Effects compositions to Lottie documents (https://lottie.github.io/lottie-spec/).

Each module converts one kind of thing. Whatever a document cannot express becomes a reason.
"""
