"""The glyphs that a template brings along (Lottie's `chars`), and its list of fonts."""

import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from unicodedata import normalize

from reelbatch.engines.lottie.document import (
    Json,
    LottieDocument,
    array,
    is_object,
    number,
    objects,
)
from reelbatch.engines.lottie.typesetting.fontfile import Outline
from reelbatch.models.wire.fonts import FontFace

_LONGEST_LETTER = 32  # characters of a glyph: emoji of flags and families have a dozen


@dataclass(frozen=True)
class OwnGlyph:
    advance: float  # hundredths of the font size, like the outline
    outline: Outline


OwnGlyphs = dict[str, OwnGlyph]
"""Glyphs by letter, which may have several characters."""


def read_own_glyphs(document: LottieDocument) -> dict[tuple[str, str], OwnGlyphs]:
    """The document's own glyphs by family and style.

    Only their paths are used, because anything else in them may crash ThorVG.
    """
    found: dict[tuple[str, str], OwnGlyphs] = {}
    for glyph in objects(document.root.get("chars")):
        letter, family, style = (glyph.get(key) for key in ("ch", "fFamily", "style"))
        if not (isinstance(letter, str) and 0 < len(letter) <= _LONGEST_LETTER):
            continue
        if not (isinstance(family, str) and isinstance(style, str)):
            continue
        outline = glyph.get("data")
        paths = _paths(objects(outline.get("shapes"))) if is_object(outline) else ()
        drawn = OwnGlyph(number(glyph.get("w"), 0.0), _outline(paths))
        found.setdefault((family, style), {}).setdefault(normalize("NFC", letter), drawn)
    return found


def has_alphabet(glyphs: OwnGlyphs) -> bool:
    """Whether glyphs cover the alphabet, not only the letters of the template's words."""
    return all(character in glyphs for character in string.ascii_letters + string.digits)


def font_faces(document: LottieDocument, texts: Iterable[Json]) -> list[FontFace]:
    """The fonts in the document's list, then those that only `texts` name."""
    entries = font_entries(document)
    listed = {name for entry in entries if isinstance(name := entry.get("fName"), str)}
    named = (text.get("f") for text in texts)
    unlisted = dict.fromkeys(n for n in named if isinstance(n, str) and n not in listed)
    return [*(entry_face(entry) for entry in entries), *(unlisted_face(n) for n in unlisted)]


def unlisted_face(name: object) -> FontFace:
    text = name if isinstance(name, str) else ""
    return FontFace(family=text, postscript_name=text, file_name=text)


def font_entries(document: LottieDocument) -> list[Json]:
    fonts = document.root.get("fonts")
    return objects(fonts.get("list")) if is_object(fonts) else []


def entry_face(entry: Json) -> FontFace:
    """The face of an entry; `file_name` is the file that an archive would contain for it."""
    name, family, style, path = (
        value if isinstance(value := entry.get(key), str) else ""
        for key in ("fName", "fFamily", "fStyle", "fPath")
    )
    is_path = bool(path) and not path.startswith("data:")
    return FontFace(
        family=family or name,
        style=style,
        postscript_name=name,
        file_name=PurePosixPath(path).name if is_path else f"{name}.ttf",
    )


def _paths(shapes: list[Json]) -> Iterator[Json]:
    for shape in shapes:
        if shape.get("ty") == "gr":
            yield from _paths(objects(shape.get("it")))
        path = shape.get("ks") if shape.get("ty") == "sh" else None
        outline = path.get("k") if is_object(path) else None
        if is_object(outline) and _is_path(outline):
            yield outline


def _is_path(outline: Json) -> bool:
    lists = [array(outline.get(key)) for key in ("v", "i", "o")]
    return len({len(points) for points in lists}) == 1 and all(
        len(array(point)) >= 2 for points in lists for point in points
    )


def _outline(paths: Iterable[Json]) -> Outline:
    points: list[list[float]] = []
    ends: list[int] = []
    for path in paths:
        for each in zip(path["v"], path["i"], path["o"], strict=True):
            (x, y), *handles = ([number(part, 0.0) for part in place[:2]] for place in each)
            points.append([x, y, *(part for dx, dy in handles for part in (x + dx, y + dy))])
        ends.append(len(points))
    return Outline.of(points, ends)
