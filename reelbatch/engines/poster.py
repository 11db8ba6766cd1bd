"""The poster of a film: one of its pictures, as a JPEG next to it.

It is taken from the finished file, so engines need not know about posters.
"""

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np

from reelbatch.engines.base import RenderedFile, RenderRequest
from reelbatch.engines.decoding import Footage, FootagePainter
from reelbatch.engines.encoding.stills import StillFile
from reelbatch.models.errors import AssetInvalid, RenderError
from reelbatch.models.wire.codecs import POSTER_CODEC

_LAST_MOMENT = Fraction(1, 100)  # seconds before a film's end; its last picture is shown then
_WHITE = 255


def write_poster(request: RenderRequest, target: Path, film: RenderedFile) -> None:
    """Write the picture that the film at `request.output_path` shows at its poster's time.

    A time after the end means the last picture. Transparent pixels become white. Raises
    RenderError.
    """
    canvas = np.zeros((film.height, film.width, 4), np.uint8)
    try:
        with closing(Footage(request.output_path, request.limits)) as footage:
            picture = footage.picture_at(_moment(request.output.poster, footage.duration()))
            if picture is None:
                raise RenderError("the film has no picture for its poster")
            FootagePainter(canvas, footage.size, footage.quarter_turns).paint(picture)
    except AssetInvalid as error:
        raise RenderError(f"no poster could be made of the film: {error.message}") from error
    canvas[..., :3] += _WHITE - canvas[..., 3:]
    StillFile(target, POSTER_CODEC.name, draft=request.output.draft).write(canvas)


def _moment(poster: bool | float | None, duration: Fraction) -> Fraction:
    """Return the poster's time, in seconds like the film's `duration`."""
    requested = duration / 2 if poster is True else Fraction(poster or 0)
    return max(Fraction(0), min(requested, duration - _LAST_MOMENT))
