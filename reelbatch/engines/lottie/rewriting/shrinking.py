"""Shrinks pictures that are shown at half their size or less to the pixels that they need.

ThorVG averages whole pixels of such pictures, which moves them by up to half a pixel, and reads all
of their pixels for each frame.
"""

import base64
import io
import math
import struct
from collections.abc import Mapping

from PIL import Image

from reelbatch.engines.decoding.pictures import as_png
from reelbatch.engines.lottie.document import Json, layer_type, reference
from reelbatch.engines.lottie.rewriting.placement import placements, sides

EMBEDDED = "data:image/png;base64,"
_HEADER = 32  # characters that contain the size
_PNG_SIZE = struct.Struct(">16xII")  # https://www.w3.org/TR/png-3/#11IHDR
_MAX_PIXELS = 2**26  # of a font's picture; others have already been limited


def shrink_pictures(
    root: list[Json], precompositions: Mapping[str, list[Json]], pictures: Mapping[str, Json]
) -> None:
    """Shrink the image assets, given by id, whose layers are all upright."""
    largest: dict[str, float] = {}
    placed = placements(root, precompositions)
    for layers in (root, *precompositions.values()):
        for layer in layers:
            if layer_type(layer) == "image" and id(layer) in placed:
                name, scale = reference(layer.get("refId")), placed[id(layer)][0].scale
                shown = max(scale) if scale is not None else math.inf
                largest[name] = max(shown, largest.get(name, 0.0))
    for name, scale in largest.items():
        if scale <= 0.5 and name in pictures:
            _shrink(pictures[name], scale)


def _shrink(asset: Json, scale: float) -> None:
    """Shrink a picture to no less than one pixel for each one that is shown."""
    box, path = sides(asset), asset.get("p")
    if box is None or not isinstance(path, str) or not path.startswith(EMBEDDED):
        return
    width, height = png_size(path)
    times = math.floor(min(width / (box[0] * scale), height / (box[1] * scale)))
    if times < 2 or width * height > _MAX_PIXELS:
        return
    try:
        content = io.BytesIO(base64.b64decode(path[len(EMBEDDED) :]))
        with Image.open(content, formats=("PNG",)) as png:
            size = max(1, round(width / times)), max(1, round(height / times))
            packed = as_png(png.convert("RGBA").resize(size, Image.Resampling.BOX))
    except (OSError, SyntaxError, ValueError):  # a font's picture; others have been read before
        return
    asset["p"] = EMBEDDED + base64.b64encode(packed).decode("ascii")


def png_size(path: str) -> tuple[int, int]:
    """Width and height of an embedded picture in pixels, at least 1."""
    header = base64.b64decode(path[len(EMBEDDED) : len(EMBEDDED) + _HEADER])
    width, height = _PNG_SIZE.unpack_from(header.ljust(_PNG_SIZE.size, b"\0"))
    return max(1, width), max(1, height)
