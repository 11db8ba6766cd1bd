"""Reading pictures and video files, which are untrusted.

    still = read_picture(content, most_pixels)  # RGBA, upright and in sRGB
    with closing(Footage(path, limits)) as footage:
        painter = FootagePainter(canvas, footage.size, footage.quarter_turns)
        picture = footage.picture_at(seconds)  # None outside the footage
        if picture is not None:
            painter.paint(picture)  # fitted into the canvas

Only a fixed list of file formats and codecs is accepted, and the number of pixels is limited.
"""

from reelbatch.engines.decoding.footage import Footage
from reelbatch.engines.decoding.footage_pixels import FootagePainter
from reelbatch.engines.decoding.pictures import read_picture

__all__ = ["Footage", "FootagePainter", "read_picture"]
