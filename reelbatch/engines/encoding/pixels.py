"""Pixels of drawn frames: B, G, R, A in memory, with colours premultiplied by alpha."""

import numpy as np

Frame = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""uint8 (height, width, 4): B, G, R, A."""

BLUE, GREEN, RED, ALPHA = range(4)


def _straight_colours() -> Frame:
    """Return a table: `table[alpha, premultiplied]` is the straight colour, rounded to nearest."""
    alpha = np.arange(256, dtype=np.uint32)[:, np.newaxis]
    colour = np.arange(256, dtype=np.uint32)[np.newaxis, :]
    divisor = np.maximum(alpha, 1)
    return np.minimum((colour * 255 + divisor // 2) // divisor, 255).astype(np.uint8)


_STRAIGHT = _straight_colours()


def straighten(frame: Frame) -> None:
    """Divide the colours of `frame` by their alpha, in place.

    Only partly transparent pixels need it, and most pictures have few of them.
    """
    pixels = frame.reshape(-1, 4)
    alpha = pixels[:, ALPHA]
    partly = np.flatnonzero((alpha != 0) & (alpha != 255))
    colours = pixels[partly, :ALPHA]
    pixels[partly, :ALPHA] = _STRAIGHT[alpha[partly, np.newaxis], colours]


def rgb(frame: Frame) -> Frame:
    """Return red, green, blue (height, width, 3) of an opaque frame."""
    return np.ascontiguousarray(frame[..., (RED, GREEN, BLUE)])


def rgba(frame: Frame) -> Frame:
    """Return red, green, blue, alpha (height, width, 4) of a frame with straight alpha."""
    return np.ascontiguousarray(frame[..., (RED, GREEN, BLUE, ALPHA)])
