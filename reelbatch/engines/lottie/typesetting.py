"""Gives every text layer the glyphs that it is drawn with.

ThorVG finds a layer's font by the name in its text document, and draws with the glyphs of that
font's family and style. So each font that is used gets a name of its own here.
"""

import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from reelbatch.engines.lottie.document import (
    Json,
    LottieDocument,
    array,
    is_object,
    layer_type,
    number,
    objects,
    text_documents,
)
from reelbatch.engines.lottie.fontfile import FontFile, glyph_of_paths, is_italic
from reelbatch.engines.lottie.fonts import FontShelf
from reelbatch.models.stored.fonts import FontFace

LINE_BREAK = "\r"  # as After Effects writes it
_BREAKS = ("\r\n", "\n", "\x03", "\u2028", "\u2029")  # \x03 breaks a line inside of a paragraph
_USUAL_ASCENT = 72.0  # percent of the font size: Helvetica's
_USUAL_LEADING = 1.2  # of the font size: After Effects' automatic leading
_SLANT = 0.21  # of an upright font that stands in for an italic: 12 degrees
_STYLE = "Regular"  # of all fonts that are named here

Glyphs = dict[str, Json]
"""Items of Lottie's `chars` by character."""


def set_type(document: LottieDocument, layers: Iterable[Json], shelf: FontShelf) -> None:
    """Rewrite the document's fonts and the text of `layers`. Raises AssetInvalid."""
    case = _TypeCase(document, shelf)
    for layer in layers:
        texts = text_documents(layer) if layer_type(layer) == "text" else []
        if texts:
            for text in texts:
                _tidy(text)
            name = case.name_of_font(texts)
            for text in texts:
                text["f"] = name
    document.root["fonts"] = {"list": case.fonts()}
    document.root["chars"] = case.glyphs()


def advance_widths(
    document: LottieDocument, texts: list[Json], shelf: FontShelf
) -> dict[str, float]:
    """How far each character of a layer's texts moves on, in hundredths of the font size.

    It also gives the texts their usual fields. Raises AssetInvalid.
    """
    for text in texts:
        _tidy(text)
    case = _TypeCase(document, shelf)
    case.name_of_font(texts)
    return {glyph["ch"]: number(glyph["w"], 0.0) for glyph in case.glyphs()}


@dataclass(kw_only=True)
class _UsedFont:
    """A font of the drawn document, and the characters that it must have."""

    name: str
    ascent: float
    source: Glyphs | FontFile
    slanted: bool
    characters: set[str] = field(default_factory=set[str])


class _TypeCase:
    """Collects the fonts that a document's text layers use."""

    def __init__(self, document: LottieDocument, shelf: FontShelf) -> None:
        self._shelf = shelf
        self._own_glyphs = read_own_glyphs(document)
        self._entries = {
            name: entry
            for entry in reversed(font_entries(document))
            if isinstance(name := entry.get("fName"), str)
        }
        self._used: dict[tuple[object, ...], _UsedFont] = {}

    def name_of_font(self, texts: list[Json]) -> str:
        """The font of one layer, under its name in the drawn document."""
        characters = {character for text in texts for character in _characters(text)}
        name = texts[0].get("f")
        entry = self._entries.get(name) if isinstance(name, str) else None
        wanted = entry_face(entry) if entry is not None else _unlisted_face(name)
        ascent = number((entry or {}).get("ascent"), _USUAL_ASCENT)
        source: Glyphs | FontFile = self._own_glyphs.get((wanted.family, wanted.style), {})
        slanted = False
        if not all(character in source for character in characters):
            source = self._shelf.choose(wanted)
            wants_italic = is_italic(f"{wanted.style} {wanted.postscript_name}")
            slanted = wants_italic and not source.is_italic
        key = (id(source), slanted, ascent)
        if key not in self._used:
            self._used[key] = _UsedFont(
                name=f"font-{len(self._used)}", ascent=ascent, source=source, slanted=slanted
            )
        self._used[key].characters |= characters
        return self._used[key].name

    def fonts(self) -> list[Json]:
        return [_font_entry(font.name, font.ascent) for font in self._used.values()]

    def glyphs(self) -> list[Json]:
        return [
            {**glyph, "fFamily": font.name, "style": _STYLE}
            for font in self._used.values()
            for glyph in self._glyphs_of(font)
        ]

    def _glyphs_of(self, font: _UsedFont) -> list[Json]:
        if not isinstance(font.source, FontFile):
            return [font.source[character] for character in sorted(font.characters)]
        drawn = self._shelf.glyphs(font.source, font.characters)
        return [_slanted(glyph) for glyph in drawn] if font.slanted else drawn


def font_faces(document: LottieDocument, texts: Iterable[Json]) -> list[FontFace]:
    """The fonts of the document's list, then those that only `texts` name."""
    entries = font_entries(document)
    listed = {name for entry in entries if isinstance(name := entry.get("fName"), str)}
    named = (text.get("f") for text in texts)
    unlisted = dict.fromkeys(n for n in named if isinstance(n, str) and n not in listed)
    return [*(entry_face(entry) for entry in entries), *(_unlisted_face(n) for n in unlisted)]


def _unlisted_face(name: object) -> FontFace:
    known = name if isinstance(name, str) else ""
    return FontFace(family=known, postscript_name=known, file_name=known)


def font_entries(document: LottieDocument) -> list[Json]:
    fonts = document.root.get("fonts")
    return objects(fonts.get("list")) if is_object(fonts) else []


def entry_face(entry: Json) -> FontFace:
    """A font by the list's names; `file_name` is the file that an archive would bring for it."""
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


def read_own_glyphs(document: LottieDocument) -> dict[tuple[str, str], Glyphs]:
    """The document's own glyphs by family and style. Only their paths are taken over: whatever
    else stands there crashes ThorVG."""
    found: dict[tuple[str, str], Glyphs] = {}
    for glyph in objects(document.root.get("chars")):
        character, family, style = (glyph.get(key) for key in ("ch", "fFamily", "style"))
        if not (isinstance(character, str) and len(character) == 1):
            continue
        if not (isinstance(family, str) and isinstance(style, str)):
            continue
        outline = glyph.get("data")
        paths = list(_paths(objects(outline.get("shapes")))) if is_object(outline) else []
        drawn = glyph_of_paths(character, number(glyph.get("w"), 0.0), paths)
        found.setdefault((family, style), {}).setdefault(character, drawn)
    return found


def has_alphabet(glyphs: Glyphs) -> bool:
    """Whether glyphs are a font, and not only the letters of the words that they came with."""
    return all(character in glyphs for character in string.ascii_letters + string.digits)


def _paths(shapes: list[Json]) -> Iterable[Json]:
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


def _tidy(text: Json) -> None:
    """Give a text document all that ThorVG reads, with one spelling of line breaks."""
    words = text.get("t")
    words = words if isinstance(words, str) else ""
    for line_break in _BREAKS:
        words = words.replace(line_break, LINE_BREAK)
    text["t"] = words
    if not isinstance(text.get("s", 0), (int, float)):
        del text["s"]  # ThorVG crashes at it
    text["lh"] = line_height(text)


def line_height(text: Json) -> float:
    """Pixels between base lines."""
    height = number(text.get("lh"), 0.0)
    return height if height > 0 else number(text.get("s"), 0.0) * _USUAL_LEADING


def _characters(text: Json) -> set[str]:
    words: str = text["t"].replace(LINE_BREAK, "")
    capitals = words.upper() if text.get("ca") else ""
    return set(words) | set(capitals)


def _font_entry(name: str, ascent: float) -> Json:
    return {"fName": name, "fFamily": name, "fStyle": _STYLE, "ascent": ascent, "origin": 0}


def _slanted(glyph: Json) -> Json:
    paths = [shape["ks"]["k"] for group in glyph["data"]["shapes"] for shape in group["it"]]
    slanted = [
        {**path, **{key: [_slanted_point(point) for point in path[key]] for key in ("v", "i", "o")}}
        for path in paths
    ]
    return glyph_of_paths(glyph["ch"], glyph["w"], slanted)


def _slanted_point(point: list[float]) -> list[float]:
    return [round(point[0] - point[1] * _SLANT, 3), point[1]]
