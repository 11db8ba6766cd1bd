"""Palettes for the frames of a GIF: as few as the pictures allow.

A single palette would need all frames at once. One for each frame would make still parts flicker
and the file large. So a palette is used as long as it shows frames as well as the one that it was
made for. New colours replace the colours that a frame uses least. Pillow's fast octree was
measured to be 20 times faster than FFmpeg's palettegen and paletteuse, with a smaller error.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from reelbatch.engines.encoding.pixels import BLUE, GREEN, RED, Frame, rgb

COLOURS = 256

_TOLERANCE = 2  # levels by which a later frame's worst pixel may be further off
_MAX_FLAT = 192  # exact colours if a frame has more than 256; others share the rest of the palette
_FLAT_SHARE = 2000  # a colour is flat if at least one pixel in this many has it;
_FEWEST_PIXELS, _ENOUGH_PIXELS = 16, 256  # at least 16 pixels must have it, and 256 always suffice

Palette = npt.NDArray[np.uint8]
"""(256, 3): red, green, blue."""

Packed = npt.NDArray[np.uint32]
"""Colours as numbers, with eight bits each for red, green and blue."""


class Palettes:
    """Turns opaque frames, in order, into palette indices."""

    def __init__(self) -> None:
        self._current: Packed | None = None  # up to 256 colours
        self._worst = 0  # the worst pixel's error in the frame that the palette was made for

    def quantise(self, frame: Frame) -> tuple[npt.NDArray[np.uint8], Palette]:
        """Return the frame's indices (height, width), and the palette that they refer to."""
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
    """Return the colours to show exactly: all if they fit, otherwise those of many pixels."""
    found, counts = np.unique(packed, return_counts=True)
    if len(found) <= COLOURS:
        return found
    fewest = min(max(_FEWEST_PIXELS, packed.size // _FLAT_SHARE), _ENOUGH_PIXELS)
    order = np.argsort(-counts, kind="stable")[:_MAX_FLAT]
    return found[order[counts[order] >= fewest]]


def _new_palette(packed: Packed, flat: Packed) -> Packed:
    """Return the flat colours, followed by the best ones for the other pixels."""
    others = packed[~np.isin(packed, flat)]
    if not len(others):
        return flat
    pixels = Image.fromarray(_unpacked(others, len(others))[np.newaxis])
    palette = pixels.quantize(COLOURS - len(flat), method=Image.Quantize.FASTOCTREE).getpalette()
    mixed = np.array(palette, np.uint32).reshape(-1, 3)
    return np.concatenate([flat, _joined(mixed)])[:COLOURS]


def _joined(colours: Packed) -> Packed:
    """Pack red, green and blue, which are the last axis, into one number."""
    weights = np.array([1 << 16, 1 << 8, 1], np.uint32)
    return np.asarray(colours @ weights, np.uint32)


def _with_colours(
    palette: Packed, missing: Packed, flat: Packed, indices: npt.NDArray[np.uint8]
) -> Packed:
    """Append the missing colours to `palette`, or replace those that the frame uses least."""
    room = COLOURS - len(palette)
    grown = np.concatenate([palette, missing[:room]])
    missing = missing[room:]
    uses = np.bincount(indices.ravel(), minlength=len(grown))
    uses[np.isin(grown, flat)] = indices.size  # they stay
    grown[np.argsort(uses, kind="stable")[: len(missing)]] = missing
    return grown


def _map(colours: npt.NDArray[np.uint8], packed: Packed, palette: Packed) -> npt.NDArray[np.uint8]:
    """Return the index of each pixel's nearest colour.

    Pillow may pick a close colour although the exact one is there, so exact ones are looked up.
    """
    reference = Image.new("P", (1, 1))
    reference.putpalette(_unpacked(palette).tobytes())
    nearest = Image.fromarray(colours).quantize(palette=reference, dither=Image.Dither.NONE)
    order = np.argsort(palette, kind="stable").astype(np.uint8)
    places = np.searchsorted(palette[order], packed)
    exact = order[np.minimum(places, len(palette) - 1)]
    return np.where(palette[exact] == packed, exact, np.asarray(nearest))


def _unpacked(palette: Packed, length: int = COLOURS) -> Palette:
    """Return red, green and blue, padded to `length` by repeating the first colour."""
    filled = np.concatenate([palette, np.full(length - len(palette), palette[0], np.uint32)])
    return np.stack([filled >> 16, filled >> 8 & 255, filled & 255], axis=-1).astype(np.uint8)


def _worst_error(
    indices: npt.NDArray[np.uint8], palette: Packed, colours: npt.NDArray[np.uint8]
) -> int:
    """Return the largest error of any channel of any pixel, in levels."""
    shown = _unpacked(palette)[indices]
    return int((np.maximum(shown, colours) - np.minimum(shown, colours)).max())
