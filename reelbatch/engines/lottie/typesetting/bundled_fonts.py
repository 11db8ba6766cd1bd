"""The fonts that come with the engine, and which of them replaces a missing font."""

import re
from functools import cache
from importlib.resources import files

from reelbatch.engines.lottie.engine import LottieEngine
from reelbatch.engines.lottie.typesetting.fontfile import FontFile, is_italic, weight_of
from reelbatch.models.wire.fonts import FontFace

BUNDLED = LottieEngine.fonts

# Words in a font's name that reveal its genre; fonts that match none are sans-serif.
_GENRES = (
    ("Noto Sans Mono", r"mono|courier|consol|typewriter|menlo|\bcode\b|inconsolata"),
    ("Anton", r"impact|anton|bebas|oswald|league\s?gothic|knockout|druk"),
    (
        "Noto Serif",
        (
            r"(?<!sans)(?<!sans[\s-])serif|times|georgia|garamond|roman|playfair|merriweather|lora\b"
            r"|baskerville|bodoni|didot|caslon|minion|palatino|cambria|antiqua|slab|rockwell|bookman"
        ),
    ),
)


def bundled(face: FontFace) -> FontFile:
    """The file of one of `BUNDLED`, read once per process."""
    return _read_bundled(face.file_name)


def stand_in(requested: FontFace) -> FontFace:
    """The bundled face that is closest in genre, weight and slant."""
    words = f"{requested.family} {requested.postscript_name} {requested.file_name}"
    family = next(
        (family for family, pattern in _GENRES if re.search(pattern, words, re.IGNORECASE)),
        "Inter",
    )
    return closest_style([face for face in BUNDLED if face.family == family], requested)


def closest_style(faces: list[FontFace], requested: FontFace) -> FontFace:
    """The face whose slant, then weight, is closest to `requested`. `faces` must not be empty."""
    style = f"{requested.style} {requested.postscript_name}"
    weight, italic = weight_of(style), is_italic(style)
    return min(
        faces,
        key=lambda face: (
            is_italic(face.style) != italic,
            abs(weight_of(face.style) - weight),
            face.style,
        ),
    )


@cache
def _read_bundled(file_name: str) -> FontFile:
    content = files("reelbatch.engines.lottie").joinpath("typefaces", file_name).read_bytes()
    return FontFile(content, file_name)
