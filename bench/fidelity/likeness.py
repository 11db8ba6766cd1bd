"""Measures how similar two pictures are."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ALIKE = 0.98  # similarity of a file's worst frame, above which nobody sees a difference
_LARGEST = 512  # pixels per side of compared pictures
_WINDOW = 7  # pixels per side
_LUMA = np.array([0.299, 0.587, 0.114])  # Rec. 601
_STEADY = 0.01**2, 0.03**2

Plane = NDArray[np.float64]


def on_white(picture: Image.Image) -> Image.Image:
    """The picture as it is compared: opaque, and scaled down if it is large."""
    flat = Image.new("RGBA", picture.size, "white")
    flat.alpha_composite(picture.convert("RGBA"))
    return flat.convert("RGB").resize(compared_size(*picture.size), Image.Resampling.BOX)


def compared_size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, _LARGEST / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def likeness(one: Image.Image, other: Image.Image) -> float:
    """The mean structural similarity of two pictures of the same size; 1.0 if they are equal.

    Source: Wang et al., "Image quality assessment: from error visibility to structural
    similarity" (2004), with windows of 7 x 7 equally weighted pixels.
    """
    x, y = (np.asarray(picture, np.float64) @ _LUMA / 255 for picture in (one, other))
    mean_x, mean_y = _means(x), _means(y)
    variances = _means(x * x) - mean_x**2 + _means(y * y) - mean_y**2
    covariance = _means(x * y) - mean_x * mean_y
    light, contrast = _STEADY
    similar = (2 * mean_x * mean_y + light) * (2 * covariance + contrast)
    return float(np.mean(similar / ((mean_x**2 + mean_y**2 + light) * (variances + contrast))))


def _means(plane: Plane) -> Plane:
    """The means of all windows."""
    side = min(_WINDOW, *plane.shape)
    sums = np.pad(plane, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    whole = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return whole / side**2
