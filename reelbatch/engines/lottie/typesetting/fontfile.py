"""A font file: its names, its style, its characters and the outlines of its glyphs."""

import io
import re
from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import uharfbuzz as hb
from fontTools.ttLib import TTFont

from reelbatch.engines.lottie.typesetting.keyed import Vector
from reelbatch.engines.lottie.typesetting.painting import EM, Picture, paint, pixels_of_em
from reelbatch.engines.lottie.typesetting.woff import check_unpacked_size
from reelbatch.models.wire.fonts import FontFace

# The caches are for the next renders of this process.
_CACHED_FONTS = 8  # of templates and teams
_LARGEST_CACHED_FONT = 4 * 1024**2  # bytes
_CACHED_GLYPHS = 1000  # per font
_CACHED_PAINTINGS = 100  # per font: a large one has about 100 KB
_CACHED_RUNS = 500  # shaped runs per font
_LONGEST_CACHED_RUN = 500  # characters
_MAX_POINTS = 10_000  # of a character: the finest ornaments have a thousand

_FARTHEST = 1e9  # of a coordinate, so that whatever is computed from it fits into JSON
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
# Name records (OpenType's `name` table): typographic names take precedence over the older ones.
_FAMILY_NAMES, _STYLE_NAMES, _POSTSCRIPT_NAME = (16, 1), (17, 2), 6
_SIGNATURES = (b"\0\1\0\0", b"true", b"OTTO", b"ttcf", b"wOFF")
_WOFF = b"wOFF"
# One of each of these tables: outlines may be TrueType, PostScript, or only pictures.
_NEEDED_TABLES = (
    ("head",),
    ("cmap",),
    ("hmtx",),
    ("maxp",),
    ("name",),
    ("glyf", "CFF ", "CFF2", "CBDT", "sbix"),
    ("loca", "CFF ", "CFF2", "CBDT", "sbix"),
)

Point = tuple[float, float]


class Outline(NamedTuple):
    """Closed paths one after another; y points down."""

    places: Vector  # (3, points, 2): the points, their incoming and their outgoing handles
    ends: Sequence[int]  # the number of points up to the end of each path

    @classmethod
    def of(cls, points: Sequence[Sequence[float]], ends: Sequence[int]) -> "Outline":
        """Create an outline from six numbers per point: x and y of it and of its handles."""
        places = np.array(points, float).reshape(-1, 3, 2).transpose(1, 0, 2)
        return cls(np.clip(places, -_FARTHEST, _FARTHEST), ends)


class ShapedGlyph(NamedTuple):
    glyph: int
    cluster: int  # the offset of the first character that it represents
    advance: float  # hundredths of the font size, like the offsets
    x: float
    y: float  # down


class FontUnreadable(Exception):
    """The file is not a readable font."""


class FontFile:
    """A TrueType, OpenType or WOFF font. Raises FontUnreadable if the file is not one."""

    def __init__(
        self, content: bytes | Path, file_name: str, face: FontFace | None = None, index: int = 0
    ) -> None:
        """Open a font.

        A trusted file can be given by its path, and is then mapped into memory. `face` replaces the
        names in the file. `index` selects the font in a collection.
        """
        try:
            blob = _mapped(content) if isinstance(content, Path) else _blob(content)
            self._face = hb.Face(blob, index)
            self._font = hb.Font(self._face)
            self._scale = EM / self._face.upem
        except Exception as error:  # fontTools raises whatever a broken WOFF leads to
            # only our own reasons are for users
            reason = str(error) if type(error) is ValueError else "it is damaged"
            raise FontUnreadable(f"{file_name} is not a font: {reason}") from error
        if not self._face.glyph_count or not self._face.upem > 0:
            raise FontUnreadable(f"{file_name} is not a font: it has no glyphs")
        if not isinstance(content, Path):  # HarfBuzz draws nothing if a table is broken
            self._check_tables(file_name)
        self.face = face or self._read_face(file_name)
        self._outlines: dict[int, Outline] = {}
        self._paintings: dict[tuple[int, int, hb.Color], Picture | None] = {}
        self._runs: dict[tuple[object, ...], list[ShapedGlyph]] = {}

    def _check_tables(self, file_name: str) -> None:
        """Raise FontUnreadable if a required table is empty or missing."""
        for tags in _NEEDED_TABLES:
            if not any(len(self._face.reference_table(tag)) for tag in tags):
                raise FontUnreadable(f"{file_name} is not a font: its table {tags[0]} is missing")
        if not self.characters:
            raise FontUnreadable(f"{file_name} is not a font: it has no characters")

    @cached_property
    def weight(self) -> int:
        return weight_of(self.face.style)

    @cached_property
    def is_italic(self) -> bool:
        return is_italic(self.face.style)

    @property
    def content(self) -> bytes:
        """The file's content, unpacked if it is a WOFF."""
        return self._face.blob.data

    @cached_property
    def characters(self) -> frozenset[int]:
        """The code points that the font has glyphs for."""
        return frozenset(self._face.unicodes)

    @cached_property
    def is_coloured(self) -> bool:
        face = self._face
        return face.has_color_layers or face.has_color_png or face.has_color_paint

    def has(self, character: str) -> bool:
        return self._font.get_nominal_glyph(ord(character)) is not None

    def advance(self, character: str) -> float:
        """The advance in hundredths of the font size; 0.0 if the font lacks the character."""
        glyph = self._font.get_nominal_glyph(ord(character))
        return 0.0 if glyph is None else self._font.get_glyph_h_advance(glyph) * self._scale

    def shape(
        self,
        text: str,
        span: tuple[int, int],
        *,
        script: str,
        right_to_left: bool,
        disabled: frozenset[str] = frozenset(),
    ) -> list[ShapedGlyph]:
        """The glyphs of `text` between the offsets of `span`, from left to right.

        `disabled` are OpenType features that are not applied.
        """
        start, end = span
        if len(text) > _LONGEST_CACHED_RUN:
            return self._shape(text, start, end, script, right_to_left, disabled)
        key = (text, start, end, script, right_to_left, disabled)
        if key not in self._runs:
            if len(self._runs) == _CACHED_RUNS:
                self._runs.clear()
            self._runs[key] = self._shape(*key)
        return self._runs[key]

    def _shape(
        self,
        text: str,
        start: int,
        end: int,
        script: str,
        right_to_left: bool,
        disabled: frozenset[str],
    ) -> list[ShapedGlyph]:
        buffer = hb.Buffer()
        # with the surrounding text, so that letters are joined correctly
        buffer.add_codepoints([ord(character) for character in text], start, end - start)
        buffer.direction = "rtl" if right_to_left else "ltr"
        buffer.script = script
        buffer.language = "und"
        hb.shape(self._font, buffer, dict.fromkeys(disabled, False))
        scale = self._scale
        return [
            ShapedGlyph(
                glyph=info.codepoint,
                cluster=info.cluster,
                advance=place.x_advance * scale,
                x=place.x_offset * scale,
                y=-place.y_offset * scale,
            )
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
        ]

    def outline(self, glyph: int) -> Outline:
        """The glyph's outline in hundredths of the font size, which must not be changed.

        Raises FontUnreadable.
        """
        if glyph not in self._outlines:
            if len(self._outlines) == _CACHED_GLYPHS:
                self._outlines.clear()
            self._outlines[glyph] = self._draw(glyph)
        return self._outlines[glyph]

    def layers(self, glyph: int) -> list[tuple[int, hb.Color | None]]:
        """The layers of a coloured glyph with their colours; None is the text's colour."""
        if not self._face.has_color_layers:
            return []
        palettes = self._face.color_palettes
        colours = palettes[0].colors if palettes else ()
        return [
            (layer.glyph, colours[layer.color_index] if layer.color_index < len(colours) else None)
            for layer in self._face.get_glyph_color_layers(glyph)
        ]

    def picture(self, glyph: int, size: float, colour: hb.Color) -> Picture | None:
        """The picture of a coloured glyph in text of `size` pixels and `colour`, or None."""
        if self._face.has_color_paint and self._face.glyph_has_color_paint(glyph):
            key = (glyph, pixels_of_em(size), colour)
            if key not in self._paintings:
                if len(self._paintings) == _CACHED_PAINTINGS:
                    self._paintings.clear()
                self._paintings[key] = paint(self._font, *key)
            return self._paintings[key]
        return self._bitmap(glyph) if self._face.has_color_png else None

    def _bitmap(self, glyph: int) -> Picture | None:
        png, extents = self._font.get_glyph_color_png(glyph), self._font.get_glyph_extents(glyph)
        if not len(png) or extents is None:
            return None
        scale = self._scale
        return Picture(
            png=bytes(png.data),
            x=extents.x_bearing * scale,
            y=-extents.y_bearing * scale,
            width=extents.width * scale,
            height=-extents.height * scale,
        )

    def _draw(self, glyph: int) -> Outline:
        pen = _OutlinePen()
        self._font.draw_glyph_with_pen(glyph, pen)
        if pen.count > _MAX_POINTS:
            raise FontUnreadable(
                f"{self.face.label} has a broken outline: a character has too many points"
            )
        places, ends = Outline.of(pen.points, [*pen.starts[1:], len(pen.points)])
        return Outline(places * (self._scale, -self._scale), ends)

    def _read_face(self, file_name: str) -> FontFace:
        def first(*identities: int) -> str:
            found = (self._face.get_name(identity) for identity in identities)
            return next((name for name in found if name), "")

        return FontFace(
            family=first(*_FAMILY_NAMES),
            style=first(*_STYLE_NAMES),
            postscript_name=first(_POSTSCRIPT_NAME),
            file_name=file_name,
        )


def open_font(content: bytes, file_name: str, face: FontFace | None = None) -> FontFile:
    """Open a font of a template or a team, or return it from the cache. Raises FontUnreadable."""
    if len(content) > _LARGEST_CACHED_FONT:
        return FontFile(content, file_name, face)
    return _cached_font(content, file_name, face)  # pyright: ignore[reportArgumentType]  # frozen


_cached_font = lru_cache(_CACHED_FONTS)(FontFile)


@lru_cache(1024)
def weight_of(style: str) -> int:
    """The weight, from 100 to 900, that a style's name means."""
    for words, weight in _WEIGHTS:
        if re.search(words, style, re.IGNORECASE):
            return weight
    return 400


@lru_cache(1024)
def is_italic(style: str) -> bool:
    return bool(_ITALIC.search(style))


@cache
def _mapped(path: Path) -> hb.Blob:
    """A single mapping for all fonts of a collection, because each maps the whole file."""
    return hb.Blob.from_file_path(path)


def _blob(content: bytes) -> hb.Blob:
    """The font for HarfBuzz, which cannot read WOFF. Raises ValueError and other errors."""
    if not content.startswith(_SIGNATURES):
        raise ValueError("its first bytes are not those of one")
    if not content.startswith(_WOFF):
        return hb.Blob(content)
    check_unpacked_size(content)
    unpacked = io.BytesIO()
    font = TTFont(io.BytesIO(content), recalcBBoxes=False)
    font.flavor = None
    font.save(unpacked, reorderTables=False)
    return hb.Blob(unpacked.getvalue())


class _OutlinePen:
    """Collects a glyph's paths, with the interface of fontTools' pens."""

    def __init__(self) -> None:
        self.count = 0  # points, including those above the limit, which are not collected
        self.points: list[list[float]] = []  # each with its incoming and outgoing handle
        self.starts: list[int] = []  # of paths

    def moveTo(self, point: Point) -> None:  # noqa: N802
        self.starts.append(len(self.points))
        self._add(point, point)

    def lineTo(self, point: Point) -> None:  # noqa: N802
        self._add(point, point)

    def curveTo(self, first: Point, second: Point, end: Point) -> None:  # noqa: N802
        self.points[-1][4:] = first
        self._add(end, second)

    def qCurveTo(self, handle: Point, end: Point) -> None:  # noqa: N802
        """The equivalent cubic handles are at two thirds of the way to the quadratic one."""
        self.points[-1][4:] = _two_thirds(self.points[-1], handle)
        self._add(end, _two_thirds(end, handle))

    def closePath(self) -> None:  # noqa: N802
        """All of a glyph's paths are closed."""

    def endPath(self) -> None:  # noqa: N802
        """See `closePath`."""

    def _add(self, point: Point, arriving: Point) -> None:
        self.count += 1
        if self.count <= _MAX_POINTS:  # raising would not help: HarfBuzz ignores errors
            self.points.append([*point, *arriving, *point])


def _two_thirds(start: Sequence[float], end: Point) -> Point:
    return start[0] + (end[0] - start[0]) * 2 / 3, start[1] + (end[1] - start[1]) * 2 / 3
