"""Palettes for the frames of a GIF: as few as the pictures allow.

A palette for all frames needs all of them at once; one for each frame makes still parts flicker
and the file large. So a palette is kept as long as it shows the frames as well as its first one,
and colours that are new take the places of those that a frame uses least. Pillow's fast octree was
measured 20 times faster than FFmpeg's palettegen and paletteuse, with a smaller error.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from reelbatch.engines.encoding.pixels import BLUE, GREEN, RED, Frame, rgb

COLOURS = 256

_TOLERANCE = 2  # levels that a later frame's worst pixel may be worse
_MOST_FLAT = 192  # colours of a frame of many that are exact; the others share what is left
_FLAT_SHARE = 2000  # a colour of one pixel in this many is flat,
_FEWEST_PIXELS, _ENOUGH_PIXELS = 16, 256  # but never with less than the first of these

Palette = npt.NDArray[np.uint8]
"""(256, 3): red, green, blue."""

Packed = npt.NDArray[np.uint32]
"""Colours as numbers: red, green and blue of eight bits each."""


class Palettes:
    """Turns opaque frames, in order, into palette indices."""

    def __init__(self) -> None:
        self._current: Packed | None = None  # up to 256 colours
        self._worst = 0  # how far the worst pixel of the palette's first frame is off

    def quantise(self, frame: Frame) -> tuple[npt.NDArray[np.uint8], Palette]:
        """The frame's indices (height, width), and the palette that they are in."""
        colours, packed = rgb(frame), _packed(frame)
        flat = _flat_colours(packed)
        if self._current is not None:
            indices = _map(colours, packed, self._current)
            missing = np.setdiff1d(flat, self._current)
            if len(missing):
                self._current = _with_colours(self._current, missing, flat, indices)
                indices = _map(colours, packed, self._current)
            if _worst_error(indices, self._current, colours) <= self._worst + _TOLERANCE:
                return indices, _unpacked(self._current)
        self._current = _new_palette(packed, flat)
        indices = _map(colours, packed, self._current)
        self._worst = _worst_error(indices, self._current, colours)
        return indices, _unpacked(self._current)


def _packed(frame: Frame) -> Packed:
    return _joined(frame[..., (RED, GREEN, BLUE)].astype(np.uint32))


def _flat_colours(packed: Packed) -> Packed:
    """The colours that a frame has to show exactly: all, or those of many pixels."""
    found, counts = np.unique(packed, return_counts=True)
    if len(found) <= COLOURS:
        return found
    fewest = min(max(_FEWEST_PIXELS, packed.size // _FLAT_SHARE), _ENOUGH_PIXELS)
    order = np.argsort(-counts, kind="stable")[:_MOST_FLAT]
    return found[order[counts[order] >= fewest]]


def _new_palette(packed: Packed, flat: Packed) -> Packed:
    """The flat colours, and the best ones for the other pixels."""
    others = packed[~np.isin(packed, flat)]
    if not len(others):
        return flat
    pixels = Image.fromarray(_unpacked(others, len(others))[np.newaxis])
    palette = pixels.quantize(COLOURS - len(flat), method=Image.Quantize.FASTOCTREE).getpalette()
    mixed = np.array(palette, np.uint32).reshape(-1, 3)
    return np.concatenate([flat, _joined(mixed)])[:COLOURS]


def _joined(colours: Packed) -> Packed:
    """Red, green and blue as one number; they are the last axis."""
    weights = np.array([1 << 16, 1 << 8, 1], np.uint32)
    return np.asarray(colours @ weights, np.uint32)


def _with_colours(
    palette: Packed, missing: Packed, flat: Packed, indices: npt.NDArray[np.uint8]
) -> Packed:
    """`palette` with the missing colours: behind it, or in place of those that are used least."""
    room = COLOURS - len(palette)
    grown = np.concatenate([palette, missing[:room]])
    missing = missing[room:]
    uses = np.bincount(indices.ravel(), minlength=len(grown))
    uses[np.isin(grown, flat)] = indices.size  # they stay
    grown[np.argsort(uses, kind="stable")[: len(missing)]] = missing
    return grown


def _map(colours: npt.NDArray[np.uint8], packed: Packed, palette: Packed) -> npt.NDArray[np.uint8]:
    """The nearest colour of each pixel; Pillow takes one for colours that are close together, so
    exact ones are looked up."""
    known = Image.new("P", (1, 1))
    known.putpalette(_unpacked(palette).tobytes())
    nearest = Image.fromarray(colours).quantize(palette=known, dither=Image.Dither.NONE)
    order = np.argsort(palette, kind="stable").astype(np.uint8)
    places = np.searchsorted(palette[order], packed)
    exact = order[np.minimum(places, len(palette) - 1)]
    return np.where(palette[exact] == packed, exact, np.asarray(nearest))


def _unpacked(palette: Packed, length: int = COLOURS) -> Palette:
    """As red, green and blue; what is left of `length` repeats a colour, which nobody sees."""
    filled = np.concatenate([palette, np.full(length - len(palette), palette[0], np.uint32)])
    return np.stack([filled >> 16, filled >> 8 & 255, filled & 255], axis=-1).astype(np.uint8)


def _worst_error(
    indices: npt.NDArray[np.uint8], palette: Packed, colours: npt.NDArray[np.uint8]
) -> int:
    """The largest distance of a channel, in levels."""
    shown = _unpacked(palette)[indices]
    return int((np.maximum(shown, colours) - np.minimum(shown, colours)).max())
