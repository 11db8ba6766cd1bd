"""Reading video files, which are untrusted: the picture at a time, painted into a box.

with closing(Footage(path, limits)) as footage:
    painter = FootagePainter(canvas, footage.size, footage.quarter_turns)
    painter.paint(footage.picture_at(seconds))
"""

from reelbatch.engines.decoding.footage import Footage
from reelbatch.engines.decoding.footage_pixels import FootagePainter

__all__ = ["Footage", "FootagePainter"]
