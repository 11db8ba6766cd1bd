"""Small fonts."""

import io
from typing import Any

from fontTools.fontBuilder import FontBuilder  # pyright: ignore[reportMissingTypeStubs]
from fontTools.pens.t2CharStringPen import (  # pyright: ignore[reportMissingTypeStubs]
    T2CharStringPen,
)
from fontTools.pens.ttGlyphPen import TTGlyphPen  # pyright: ignore[reportMissingTypeStubs]


def a_font(family: str = "Rarissima", *, opentype: bool = False, letter: str = "A") -> bytes:
    """A font of one glyph, a square."""
    builder: Any = FontBuilder(1000, isTTF=not opentype)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({ord(letter): "A"})
    pen: Any = T2CharStringPen(600, None) if opentype else TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 500), (500, 500), (500, 0)):
        pen.lineTo(corner)
    pen.closePath()
    if opentype:
        glyph = pen.getCharString()
        builder.setupCFF(f"{family}-Regular", {}, {".notdef": glyph, "A": glyph}, {})
    else:
        glyph = pen.glyph()
        builder.setupGlyf({".notdef": glyph, "A": glyph})
    builder.setupHorizontalMetrics({".notdef": (600, 0), "A": (600, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    names = {"familyName": family, "styleName": "Regular", "psName": f"{family}-Regular"}
    builder.setupNameTable(names)
    builder.setupOS2()
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()
