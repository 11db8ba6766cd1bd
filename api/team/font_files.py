"""Reading what font an uploaded file is."""

from io import BytesIO
from typing import Any

from fontTools import ttLib

from reelbatch.models.errors import FontInvalid
from reelbatch.models.stored.fonts import FontFace

# The first bytes of TrueType outlines, of Apple's TrueType, and of PostScript outlines
# (https://learn.microsoft.com/typography/opentype/spec/otff).
_EXTENSIONS = {b"\x00\x01\x00\x00": ".ttf", b"true": ".ttf", b"OTTO": ".otf"}

_ttlib: Any = ttLib  # fontTools has no types

# Name ids: https://learn.microsoft.com/typography/opentype/spec/name
_FAMILY, _STYLE, _POSTSCRIPT_NAME, _TYPOGRAPHIC_FAMILY, _TYPOGRAPHIC_STYLE = 1, 2, 6, 16, 17


def read_face(content: bytes, file_name: str) -> FontFace:
    """The font's names. Raises FontInvalid for what is no TTF or OTF file."""
    extension = _EXTENSIONS.get(content[:4])
    if extension is None:
        raise FontInvalid("The file is not a TrueType or OpenType font (.ttf or .otf).")
    try:
        with _ttlib.TTFont(BytesIO(content), lazy=True) as font:
            names = font["name"]
            family = names.getDebugName(_TYPOGRAPHIC_FAMILY) or names.getDebugName(_FAMILY) or ""
            style = names.getDebugName(_TYPOGRAPHIC_STYLE) or names.getDebugName(_STYLE) or ""
            postscript_name = names.getDebugName(_POSTSCRIPT_NAME) or ""
            font.getBestCmap()
    except Exception as error:  # fontTools raises whatever a broken table leads to
        raise FontInvalid(f"The font cannot be read: {error}.") from error
    if not family and not postscript_name:
        raise FontInvalid("The font has no name that a template could find it by.")
    return FontFace(
        family=family,
        style=style,
        postscript_name=postscript_name,
        file_name=file_name or f"{postscript_name or family}{extension}",
    )
