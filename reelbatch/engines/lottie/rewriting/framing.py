"""Soft edges for rotated pictures, whose edges ThorVG draws jagged.

Such a picture gets a margin in the colours of its edges, and a matte of its box, which has soft
edges.
"""

import base64
import copy
import io
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from PIL import Image

from reelbatch.engines.decoding.pictures import as_png
from reelbatch.engines.lottie.document import Json, is_object
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.rewriting.curves import read_track
from reelbatch.engines.lottie.rewriting.placement import sides
from reelbatch.engines.lottie.rewriting.shrinking import EMBEDDED

_SHAPES = 4  # a layer's type
_PLACE = ("ks", "parent", "ao", "ddd", "ip", "op", "st", "sr")
_REACH = 2  # pixels of the canvas that a margin covers, in addition to one of the picture's own
_WIDEST = 64  # pixels of a picture: enough if it is shown at a thirtieth of its size
_MAX_PIXELS = 2**24  # of a picture that gets a margin


class Framed(NamedTuple):
    """A picture with a margin, and the matte that goes above its layer."""

    matte: Json
    picture: Json
    margin: tuple[float, float]  # x and y in the layer, by which it must be moved back


def framed(
    layer: Json,
    picture: Json,
    scale: tuple[float, float],
    number: int,
    pictures: Mapping[str, Json],
) -> Framed | None:
    """The frame of a rotated picture; None if it needs none. The layer is not changed.

    `scale` is the scale around the layer, and `number` the number of the matte. `pictures` are the
    document's pictures by id, including those with margins.
    """
    box, path, transform = sides(picture), picture.get("p"), layer.get("ks")
    if box is None or not isinstance(path, str) or not path.startswith(EMBEDDED):
        return None
    if not is_object(transform) or layer.get("tt") or layer.get("td"):
        return None
    try:
        content = io.BytesIO(base64.b64decode(path[len(EMBEDDED) :]))
        with Image.open(content, formats=("PNG",)) as png:
            if png.width * png.height > _MAX_PIXELS:
                return None
            pixel = box[0] / png.width, box[1] / png.height
            shown = min(a * b for a, b in zip(pixel, scale, strict=True)) * _scale_of(transform)
            margin = 1 + math.ceil(min(_WIDEST - 1, _REACH / shown)) if shown > 0 else _WIDEST
            name = f"{picture['id']} framed {margin}"
            wider = pictures[name]["p"] if name in pictures else _widened(png, margin)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    if wider is None:
        return None
    around = margin * pixel[0], margin * pixel[1]
    size = {"w": box[0] + 2 * around[0], "h": box[1] + 2 * around[1]}
    return Framed(
        matte=_matte(layer, box, number),
        picture={**picture, "id": name, **size, "p": wider},
        margin=around,
    )


def _widened(png: Image.Image, margin: int) -> str | None:
    """The picture with a margin, as a data URI; None if its edges are transparent."""
    pixels = np.asarray(png.convert("RGBA"))
    edges = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    if not any(edge[..., 3].any() for edge in edges):
        return None
    wider = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    return EMBEDDED + base64.b64encode(as_png(Image.fromarray(wider))).decode("ascii")


def _scale_of(transform: Json) -> float:
    """The smallest scale of a layer at its keyframes, except 0."""
    track = read_track(transform.get("s", still([100, 100])))
    if track is None:
        return 1.0
    states = [track.rest, *(segment.after for segment in track.segments)]
    shown = [abs(part) / 100 for state in states for part in state[:2] if part]
    return min(shown, default=1.0)


def _matte(layer: Json, box: tuple[float, float], number: int) -> Json:
    """An opaque layer in the picture's box, which moves with the picture's layer."""
    place = {key: copy.deepcopy(layer[key]) for key in _PLACE if key in layer}
    place["ks"].pop("o", None)
    (width, height), straight = box, [[0, 0]] * 4
    corners = [[0, 0], [width, 0], [width, height], [0, height]]
    shapes: list[Json] = [
        {"ty": "sh", "ks": still({"i": straight, "o": straight, "v": corners, "c": True})},
        {"ty": "fl", "c": still([1, 1, 1, 1]), "o": still(100)},
    ]
    return {**place, "ty": _SHAPES, "ind": number, "td": 1, "shapes": shapes}
