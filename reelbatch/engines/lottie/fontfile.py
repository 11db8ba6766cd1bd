"""One font file: its names, its style, and the outlines of its characters as Lottie glyphs."""

import io
import logging
import marshal
import re
from functools import cached_property, lru_cache
from typing import Any

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from reelbatch.engines.lottie.document import Json
from reelbatch.engines.lottie.woff import check_unpacked_size
from reelbatch.models.stored.fonts import FontFace

_MOST_COMPONENTS = 1000  # of a character; a few fonts for Chinese have 30
_MOST_POINTS = 10_000  # of a character: the finest ornaments have a thousand

# It tells of each damaged record, and an untrusted font may have any number of them.
logging.getLogger("fontTools").setLevel(logging.CRITICAL)

_KEPT_FONTS = 8  # of templates and teams, for the next renders of this process
_LARGEST_KEPT = 4 * 1024**2  # bytes
_KEPT_GLYPHS = 1000  # of a font

EM = 100.0  # units of a glyph's em square in Lottie's `chars`
_DIGITS = 3  # decimals of a coordinate: a thousandth of a hundredth of the font size
_WEIGHTS = (
    (r"thin|hairline", 100),
    (r"(extra|ultra)[\s-]*light", 200),
    (r"light", 300),
    (r"medium", 500),
    (r"(semi|demi)", 600),
    (r"(extra|ultra)[\s-]*bold|heavy", 800),
    (r"black|fat", 900),
    (r"bold", 700),
)
_ITALIC = re.compile(r"italic|oblique", re.IGNORECASE)
# Name records (OpenType's `name` table): the typographic names outrank the older ones.
_FAMILY_NAMES, _STYLE_NAMES, _POSTSCRIPT_NAME = (16, 1), (17, 2), 6

_NOTDEF = ".notdef"

Point = tuple[float, float]


class FontUnreadable(Exception):
    """The file is no font that can be read."""


class FontFile:
    """A TrueType, OpenType or WOFF font. Raises FontUnreadable where the file is none."""

    def __init__(self, content: bytes, file_name: str, face: FontFace | None = None) -> None:
        """`face` stands in for the names that the font itself has."""
        try:
            check_unpacked_size(content)
            self._font = TTFont(io.BytesIO(content), lazy=True, recalcBBoxes=False)
            self._units: float = self._font["head"].unitsPerEm
            self._characters: dict[int, str] = self._font.getBestCmap() or {}
            self._glyphs: Any = self._font.getGlyphSet()
            self.face = face or self._read_face(file_name)
        except Exception as error:  # fontTools raises whatever a broken table leads to
            reason = str(error) or type(error).__name__
            raise FontUnreadable(f"{file_name} is not a font: {reason}") from error
        if not self._characters or not self._units > 0:
            raise FontUnreadable(f"{file_name} is a font without characters")
        self._drawn: dict[tuple[str, str], bytes] = {}

    @cached_property
    def weight(self) -> int:
        return weight_of(self.face.style)

    @cached_property
    def is_italic(self) -> bool:
        return is_italic(self.face.style)

    def has(self, character: str) -> bool:
        return ord(character) in self._characters

    def glyph(self, character: str) -> Json | None:
        """The character as an item of Lottie's `chars`, without family and style.

        None where the font lacks the character. Raises FontUnreadable.
        """
        name = self._characters.get(ord(character))
        return None if name is None else self._outline(name, character)

    def box(self, character: str) -> Json:
        """The glyph that a font shows for a character which it lacks. Raises FontUnreadable."""
        return self._outline(_NOTDEF, character)

    def _outline(self, name: str, character: str) -> Json:
        """A new object each time: the document that it goes into may be changed."""
        key = (name, character)
        if key not in self._drawn:
            if len(self._drawn) == _KEPT_GLYPHS:
                self._drawn.clear()
            self._drawn[key] = marshal.dumps(self._draw(name, character))
        return marshal.loads(self._drawn[key])  # noqa: S302  # of the line above

    def _draw(self, name: str, character: str) -> Json:
        pen = _LottiePen(self._glyphs, EM / self._units)
        try:
            outline = self._glyphs[name]
            outline.draw(pen)
            width = float(outline.width) * EM / self._units
        except Exception as error:  # as above: a broken glyph can fail in any way
            message = f"{self.face.label} has a broken outline for {character!r}"
            raise FontUnreadable(message) from error
        return glyph_of_paths(character, round(width, _DIGITS), pen.paths)

    def _read_face(self, file_name: str) -> FontFace:
        names = self._font["name"]

        def first(*identities: int) -> str:
            found = (names.getDebugName(identity) for identity in identities)
            return next((name for name in found if name), "")

        return FontFace(
            family=first(*_FAMILY_NAMES),
            style=first(*_STYLE_NAMES),
            postscript_name=first(_POSTSCRIPT_NAME),
            file_name=file_name,
        )


def open_font(content: bytes, file_name: str, face: FontFace | None = None) -> FontFile:
    """A font of a template or a team: that of an earlier render where all of it is equal.

    Raises FontUnreadable.
    """
    if len(content) > _LARGEST_KEPT:
        return FontFile(content, file_name, face)
    return _kept_font(content, file_name, face)  # pyright: ignore[reportArgumentType]  # frozen


_kept_font = lru_cache(_KEPT_FONTS)(FontFile)


def glyph_of_paths(character: str, width: float, paths: list[Json]) -> Json:
    """An item of Lottie's `chars`. ThorVG takes every item of a glyph's group for a path."""
    items = [{"ty": "sh", "ks": {"a": 0, "k": path}} for path in paths]
    shapes = [{"ty": "gr", "it": items}] if items else []
    return {"ch": character, "size": EM, "w": width, "data": {"shapes": shapes}}


def weight_of(style: str) -> int:
    """The weight, from 100 to 900, that a style's name stands for."""
    for words, weight in _WEIGHTS:
        if re.search(words, style, re.IGNORECASE):
            return weight
    return 400


def is_italic(style: str) -> bool:
    return bool(_ITALIC.search(style))


class _LottiePen(BasePen):  # fontTools has no types for its pens' arguments
    """Collects a glyph's contours as Lottie paths: y points down, tangents are relative."""

    def __init__(self, glyphs: Any, scale: float) -> None:
        super().__init__(glyphs)
        self._scale = scale
        self._components = 0
        self._points = 0
        self.paths: list[Json] = []

    def addComponent(  # noqa: N802  fontTools' names
        self,
        glyphName: str,  # noqa: N803
        transformation: tuple[float, ...],
    ) -> None:
        self._components += 1
        if self._components > _MOST_COMPONENTS:
            raise ValueError("a character of too many parts")
        super().addComponent(glyphName, transformation)

    def _moveTo(self, pt: Point) -> None:  # noqa: N802  fontTools' name
        self.paths.append({"c": True, "v": [self._place(pt)], "i": [[0, 0]], "o": [[0, 0]]})

    def _lineTo(self, pt: Point) -> None:  # noqa: N802
        self._add(self._place(pt), [0, 0])

    def _curveToOne(self, pt1: Point, pt2: Point, pt3: Point) -> None:  # noqa: N802
        path, end = self.paths[-1], self._place(pt3)
        path["o"][-1] = _minus(self._place(pt1), path["v"][-1])
        self._add(end, _minus(self._place(pt2), end))

    def _add(self, place: list[float], incoming: list[float]) -> None:
        self._points += 1
        if self._points > _MOST_POINTS:
            raise ValueError("a character of too many points")
        path = self.paths[-1]
        path["v"].append(place)
        path["i"].append(incoming)
        path["o"].append([0, 0])

    def _place(self, pt: Point) -> list[float]:
        return [round(pt[0] * self._scale, _DIGITS), round(-pt[1] * self._scale, _DIGITS)]


def _minus(end: list[float], start: list[float]) -> list[float]:
    return [round(end[0] - start[0], _DIGITS), round(end[1] - start[1], _DIGITS)]
