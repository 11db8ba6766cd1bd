"""Draws glyphs that a font paints (OpenType's `COLR` table, version 1) as pictures.

HarfBuzz supports everything in the table: gradients, transforms and blending.
"""

import math
from typing import NamedTuple

import uharfbuzz as hb
from PIL import Image

from reelbatch.engines.decoding.pictures import as_png

EM = 100.0  # units of a glyph's em square in Lottie's `chars`
_SHARPEST = 1024  # pixels of a picture's longer side, and of an em
_LEAST = 16  # pixels of an em
_LARGER = 2  # pixels of a picture per pixel of the text, because letters may grow


class Picture(NamedTuple):
    """A coloured glyph as a PNG, with its position and size in hundredths of the font size."""

    png: bytes
    x: float
    y: float
    width: float
    height: float


def pixels_of_em(size: float) -> int:
    """The pixels per em of a picture for text of `size` pixels."""
    return math.ceil(max(_LEAST, min(_LARGER * size, _SHARPEST)))


def paint(font: hb.Font, glyph: int, em: int, foreground: hb.Color) -> Picture | None:
    """Draw a glyph with `em` pixels per em; None if it has no size.

    `foreground` is the colour of the text.
    """
    extents = font.get_glyph_extents(glyph)
    if extents is None or not extents.width or not extents.height:
        return None
    side = max(abs(extents.width), abs(extents.height))
    scale = min(em / font.face.upem, _SHARPEST / side)
    canvas = hb.RasterPaint()
    canvas.transform = (scale, 0.0, 0.0, -scale, 0.0, 0.0)  # y points down
    canvas.foreground = foreground
    canvas.set_glyph_extents(extents)
    canvas.paint_glyph(font, glyph)
    drawn = canvas.render()
    if drawn is None:
        return None
    place = drawn.extents
    size = place.width, place.height
    pixels = Image.frombuffer("RGBA", size, drawn.buffer, "raw", "BGRa", place.stride, 1)
    unit = EM / (scale * font.face.upem)
    return Picture(
        png=as_png(pixels),
        x=place.x_origin * unit,
        y=place.y_origin * unit,
        width=place.width * unit,
        height=place.height * unit,
    )
