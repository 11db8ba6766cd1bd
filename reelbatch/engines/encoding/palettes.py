"""Palettes for the frames of a GIF: as few as the pictures allow.

A palette for all frames needs all of them at once; one for each frame makes still parts flicker
and the file large. So a palette is kept as long as it shows the frames as well as its first one.
Pillow's fast octree was measured 20 times faster than FFmpeg's palettegen and paletteuse, with a
smaller error.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from reelbatch.engines.encoding.pixels import Frame, rgb

COLOURS = 256

_SAMPLED = 2  # every second pixel of every second line decides whether a palette still fits
_TOLERANCE = 2  # levels that a later frame's worst pixel may be worse

Palette = npt.NDArray[np.uint8]
"""(256, 3): red, green, blue."""


class Palettes:
    """Turns opaque frames, in order, into palette indices."""

    def __init__(self) -> None:
        self._current: Image.Image | None = None  # an image that has the current palette
        self._worst = 0  # how far the worst pixel of the palette's first frame is off

    def quantise(self, frame: Frame) -> tuple[npt.NDArray[np.uint8], Palette]:
        """The frame's indices (height, width), and the palette that they are in."""
        colours = rgb(frame)
        picture = Image.fromarray(colours)
        if self._current is not None:
            kept = picture.quantize(palette=self._current, dither=Image.Dither.NONE)
            if _worst_error(kept, colours) <= self._worst + _TOLERANCE:
                return np.asarray(kept), _palette(kept)
        self._current = picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
        # as later frames are mapped, so that what stands still keeps its indices
        mapped = picture.quantize(palette=self._current, dither=Image.Dither.NONE)
        self._worst = _worst_error(mapped, colours)
        return np.asarray(mapped), _palette(mapped)


def _palette(picture: Image.Image) -> Palette:
    palette = np.zeros((COLOURS, 3), np.uint8)
    known = np.array(picture.getpalette(), np.uint8).reshape(-1, 3)
    palette[: len(known)] = known
    return palette


def _worst_error(picture: Image.Image, colours: npt.NDArray[np.uint8]) -> int:
    """The largest distance of a channel, in levels, among the sampled pixels."""
    shown = _palette(picture)[np.asarray(picture)[::_SAMPLED, ::_SAMPLED]]
    wanted = colours[::_SAMPLED, ::_SAMPLED]
    return int((np.maximum(shown, wanted) - np.minimum(shown, wanted)).max())
