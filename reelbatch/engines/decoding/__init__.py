"""Reading pictures and video files, which are untrusted.

picture = read_picture(content, most_pixels)  # RGBA, upright and in sRGB
with closing(Footage(path, limits)) as footage:
    painter = FootagePainter(canvas, footage.size, footage.quarter_turns)
    painter.paint(footage.picture_at(seconds))  # fitted into the canvas
"""

from reelbatch.engines.decoding.footage import Footage
from reelbatch.engines.decoding.footage_pixels import FootagePainter
from reelbatch.engines.decoding.pictures import read_picture

__all__ = ["Footage", "FootagePainter", "read_picture"]
