"""The machine's fonts, which lend letters that all other fonts lack."""

import re
from functools import cache, lru_cache
from pathlib import Path

from reelbatch.engines.lottie.typesetting.bundled_fonts import stand_in
from reelbatch.engines.lottie.typesetting.fontfile import (
    FontFile,
    FontUnreadable,
    is_italic,
    weight_of,
)
from reelbatch.engines.system_fonts import font_files
from reelbatch.models.wire.fonts import FontFace

_COLLECTIONS = (".ttc", ".otc")
_MAX_IN_A_COLLECTION = 64
_SERIF = re.compile(r"(?<!sans )serif|naskh|rashi|mincho|ming", re.IGNORECASE)
_MONO = re.compile(r"\bmono\b", re.IGNORECASE)
_ODD = re.compile(
    r"\bUI\b|Display|Looped|Condensed|Kufi|Nastaliq|Symbols|Music|Math", re.IGNORECASE
)


@cache
def system_fonts() -> tuple[FontFile, ...]:
    """All readable fonts of the machine in a fixed order, opened once per process."""
    return tuple(font for path in font_files() for font in _fonts_in(path))


@lru_cache(4096)
def closest_lender(letters: frozenset[int], requested: FontFace, language: str) -> FontFile | None:
    """The font with glyphs for all of `letters` that looks most like `requested`, in black.

    `language` distinguishes the fonts for Chinese, Japanese and Korean: SC, JP or KR.
    """
    characters = [chr(letter) for letter in sorted(letters)]
    fonts = _by_likeness(requested, language)  # pyright: ignore[reportArgumentType]  # frozen
    return next((font for font in fonts if all(font.has(c) for c in characters)), None)


@lru_cache(64)
def _by_likeness(requested: FontFace, language: str) -> list[FontFile]:
    lenders = (font for font in system_fonts() if not font.is_coloured)
    return sorted(lenders, key=lambda font: _distance(font.face, requested, language))


@lru_cache(1024)
def coloured_lender(letters: frozenset[int]) -> FontFile | None:
    """The first font with coloured glyphs for all of `letters`."""
    characters = [chr(letter) for letter in sorted(letters)]
    coloured = (font for font in system_fonts() if font.is_coloured)
    return next((font for font in coloured if all(font.has(c) for c in characters)), None)


def _distance(face: FontFace, requested: FontFace, language: str) -> tuple[object, ...]:
    genre = stand_in(requested).family
    style = f"{requested.style} {requested.postscript_name}"
    is_mono = bool(_MONO.search(face.family))
    return (
        is_mono and "Mono" not in genre,
        bool(_SERIF.search(face.family)) != ("Serif" in genre),
        not face.family.startswith("Noto"),
        bool(_ODD.search(face.family)),
        "CJK" in face.family and not face.family.endswith(language),
        is_italic(face.style) != is_italic(style),
        abs(weight_of(face.style) - weight_of(style)),
        face.family,
        face.style,
        face.file_name,
    )


def _fonts_in(path: Path) -> list[FontFile]:
    fonts: list[FontFile] = []
    try:
        fonts.extend(FontFile(path, path.name, index=index) for index in range(_count(path)))
    except (FontUnreadable, OSError):
        return fonts
    return fonts


def _count(path: Path) -> int:
    """The number of fonts in a file (OpenType's `ttcf` header)."""
    if path.suffix.lower() not in _COLLECTIONS:
        return 1
    with path.open("rb") as file:
        header = file.read(12)
    return min(int.from_bytes(header[8:12], "big"), _MAX_IN_A_COLLECTION)
