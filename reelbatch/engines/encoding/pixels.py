"""Pixels of the drawn frames: B, G, R, A in memory, colours premultiplied by alpha."""

import numpy as np

Frame = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""uint8 (height, width, 4): B, G, R, A."""

BLUE, GREEN, RED, ALPHA = range(4)


def _straight_colours() -> Frame:
    """`table[alpha, premultiplied]` is the straight colour, rounded to nearest."""
    alpha = np.arange(256, dtype=np.uint32)[:, np.newaxis]
    colour = np.arange(256, dtype=np.uint32)[np.newaxis, :]
    divisor = np.maximum(alpha, 1)
    return np.minimum((colour * 255 + divisor // 2) // divisor, 255).astype(np.uint8)


_STRAIGHT = _straight_colours()


def straighten(frame: Frame) -> None:
    """Divide the colours of `frame` by their alpha, in place.

    Only pixels that are partly transparent need it: those are few in most pictures.
    """
    pixels = frame.reshape(-1, 4)
    alpha = pixels[:, ALPHA]
    partly = np.flatnonzero((alpha != 0) & (alpha != 255))
    colours = pixels[partly, :ALPHA]
    pixels[partly, :ALPHA] = _STRAIGHT[alpha[partly, np.newaxis], colours]


def rgb(frame: Frame) -> Frame:
    """The (height, width, 3) red, green, blue of an opaque frame."""
    return np.ascontiguousarray(frame[..., (RED, GREEN, BLUE)])


def rgba(frame: Frame) -> Frame:
    """The (height, width, 4) red, green, blue, alpha of a straight frame."""
    return np.ascontiguousarray(frame[..., (RED, GREEN, BLUE, ALPHA)])
