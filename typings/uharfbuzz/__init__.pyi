"""The part of HarfBuzz that this project uses."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

class Blob:
    def __init__(self, content: bytes) -> None: ...
    @classmethod
    def from_file_path(cls, path: str | Path) -> Blob: ...
    @property
    def data(self) -> bytes: ...
    def __len__(self) -> int: ...

class Color(NamedTuple):
    red: int
    green: int
    blue: int
    alpha: int

class OTColorLayer(NamedTuple):
    glyph: int
    color_index: int

class OTColorPalette:
    colors: Sequence[Color]

class Face:
    def __init__(self, blob: Blob | bytes, index: int = ...) -> None: ...
    blob: Blob
    upem: int
    glyph_count: int
    unicodes: set[int]
    has_color_layers: bool
    has_color_png: bool
    has_color_paint: bool
    color_palettes: Sequence[OTColorPalette]
    def get_name(self, name_id: int) -> str | None: ...
    def reference_table(self, tag: str) -> Blob: ...
    def glyph_has_color_paint(self, glyph: int) -> bool: ...
    def get_glyph_color_layers(self, glyph: int) -> Sequence[OTColorLayer]: ...

class GlyphExtents(NamedTuple):
    x_bearing: int
    y_bearing: int
    width: int
    height: int

class Font:
    face: Face
    def __init__(self, face: Face) -> None: ...
    def get_nominal_glyph(self, codepoint: int) -> int | None: ...
    def get_glyph_h_advance(self, glyph: int) -> int: ...
    def get_glyph_extents(self, glyph: int) -> GlyphExtents | None: ...
    def get_glyph_color_png(self, glyph: int) -> Blob: ...
    def draw_glyph_with_pen(self, glyph: int, pen: object) -> None: ...

class RasterExtents(NamedTuple):
    x_origin: int
    y_origin: int
    width: int
    height: int
    stride: int

class RasterImage:
    extents: RasterExtents
    buffer: bytes

class RasterPaint:
    transform: tuple[float, float, float, float, float, float]
    foreground: Color
    def set_glyph_extents(self, extents: GlyphExtents) -> bool: ...
    def paint_glyph(self, font: Font, glyph: int) -> None: ...
    def render(self) -> RasterImage | None: ...

class BufferClusterLevel(IntEnum):
    MONOTONE_GRAPHEMES = ...

class GlyphInfo:
    codepoint: int
    cluster: int

class GlyphPosition:
    x_advance: int
    y_advance: int
    x_offset: int
    y_offset: int

class Buffer:
    direction: str
    script: str
    language: str
    glyph_infos: Sequence[GlyphInfo]
    glyph_positions: Sequence[GlyphPosition]
    def add_str(self, text: str, item_offset: int = ..., item_length: int = ...) -> None: ...
    def add_codepoints(
        self, codepoints: Sequence[int], item_offset: int = ..., item_length: int = ...
    ) -> None: ...

def shape(font: Font, buffer: Buffer, features: Mapping[str, bool] | None = ...) -> None: ...
def ot_color_palette_get_colors(face: Face, palette_index: int) -> Sequence[Color]: ...
def version_string() -> str: ...
