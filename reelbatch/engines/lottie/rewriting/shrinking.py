"""Pictures that are shown at half of their size or less, in as few pixels as they need.

ThorVG makes a mean of whole pixels then, which moves the picture by up to half a pixel, and reads
all of its pixels for each frame.
"""

import base64
import io
import math
from collections.abc import Mapping

from PIL import Image

from reelbatch.engines.lottie.document import Json, layer_type, reference
from reelbatch.engines.lottie.rewriting.placement import placements, sides

_EMBEDDED = "data:image/png;base64,"
_FAST = 1  # PNG's compression: the file lives in memory, for one render


def shrink_pictures(
    root: list[Json], precompositions: Mapping[str, list[Json]], pictures: Mapping[str, Json]
) -> None:
    """Shrink the image assets whose layers all stand upright. `pictures` are those by their ids."""
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
    """Keep at least a pixel for each that is shown."""
    box, path = sides(asset), asset.get("p")
    if box is None or not isinstance(path, str) or not path.startswith(_EMBEDDED):
        return
    with Image.open(io.BytesIO(base64.b64decode(path[len(_EMBEDDED) :])), formats=("PNG",)) as png:
        times = math.floor(min(png.width / (box[0] * scale), png.height / (box[1] * scale)))
        if times < 2:
            return
        size = max(1, round(png.width / times)), max(1, round(png.height / times))
        packed = io.BytesIO()
        png.resize(size, Image.Resampling.BOX).save(packed, "PNG", compress_level=_FAST)
    asset["p"] = _EMBEDDED + base64.b64encode(packed.getvalue()).decode("ascii")
