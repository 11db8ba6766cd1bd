"""Soft light and the non-separable blend modes in NumPy, because ThorVG uses other formulas.

The formulas here are those of W3C Compositing and Blending, which After Effects uses too, and
browsers apply when lottie-web draws.
"""

from collections.abc import Callable

import numpy as np

from reelbatch.engines.lottie.thorvg import Frame

Colors = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
"""float32 (height, width, 3): B, G, R from 0 to 1, not premultiplied."""

_BAND = 64  # rows at a time, so that everything stays in the processor's cache
_QUARTER, _HALF = np.float32(0.25), np.float32(0.5)
_LEAST = np.float32(1e-6)  # instead of a division by zero


def blend(below: Frame, layer: Frame, mode: int) -> None:
    """Blend `layer` into `below` with the Lottie blend mode 0, 9, 12, 13, 14 or 15."""
    rows = np.flatnonzero(layer[..., 3].any(axis=1))
    if not rows.size:
        return
    columns = np.flatnonzero(layer[..., 3].any(axis=0))
    left, right = columns[0], columns[-1] + 1
    for top in range(rows[0], rows[-1] + 1, _BAND):
        band = slice(top, min(top + _BAND, rows[-1] + 1)), slice(left, right)
        below[band] = _blended(below[band], layer[band], _MIXED[mode])


def cover(layer: Frame, alpha: Frame) -> None:
    """Multiply `layer` by the alpha of `alpha`."""
    for top in range(0, len(layer), _BAND):
        band = slice(top, top + _BAND)
        layer[band] = (layer[band].astype(np.uint16) * alpha[band, :, 3:] + 127) // 255


def _blended(below: Frame, layer: Frame, mixed: Callable[[Colors, Colors], Colors]) -> Frame:
    under, over = (pixels.astype(np.float32) / np.float32(255) for pixels in (below, layer))
    under_alpha, over_alpha = under[..., 3:], over[..., 3:]
    colors = mixed(_straight(under), _straight(over))
    result = over * (1 - under_alpha) + under * (1 - over_alpha)
    result[..., :3] += under_alpha * over_alpha * colors
    result[..., 3:] += under_alpha * over_alpha
    return (result * 255 + 0.5).astype(np.uint8)


def _straight(pixels: Colors) -> Colors:
    return np.minimum(pixels[..., :3] / np.maximum(pixels[..., 3:], _LEAST), 1)


def _luminosity(colors: Colors) -> Colors:
    blue, green, red = np.moveaxis(colors, -1, 0)
    return (0.11 * blue + 0.59 * green + 0.3 * red)[..., None]


def _saturation(colors: Colors) -> Colors:
    return np.ptp(colors, axis=-1, keepdims=True)


def _with_luminosity(colors: Colors, luminosity: Colors) -> Colors:
    """Colours of the given luminosity, moved towards grey if they would leave 0 to 1."""
    away = colors - _luminosity(colors)
    lowest, highest = away.min(axis=-1, keepdims=True), away.max(axis=-1, keepdims=True)
    room = np.minimum(
        luminosity / np.maximum(-lowest, _LEAST), (1 - luminosity) / np.maximum(highest, _LEAST)
    )
    return luminosity + away * np.minimum(room, 1)


def _with_saturation(colors: Colors, saturation: Colors) -> Colors:
    away = colors - colors.min(axis=-1, keepdims=True)
    return away * (saturation / np.maximum(_saturation(colors), _LEAST))


def _soft_light(under: Colors, over: Colors) -> Colors:
    dark = ((16 * under - 12) * under + 4) * under
    bright = np.where(under > _QUARTER, np.sqrt(under), dark) - under
    away = np.where(over > _HALF, bright, under * (1 - under))
    return under + (2 * over - 1) * away


_MIXED: dict[int, Callable[[Colors, Colors], Colors]] = {
    0: lambda _, over: over,
    9: _soft_light,
    12: lambda under, over: _with_luminosity(
        _with_saturation(over, _saturation(under)), _luminosity(under)
    ),
    13: lambda under, over: _with_luminosity(
        _with_saturation(under, _saturation(over)), _luminosity(under)
    ),
    14: lambda under, over: _with_luminosity(over, _luminosity(under)),
    15: lambda under, over: _with_luminosity(under, _luminosity(over)),
}
