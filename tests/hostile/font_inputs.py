"""Hostile fonts, as a team's font and inside a template."""

import base64
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.resources import files
from itertools import pairwise
from random import Random
from typing import Any

from fontTools.fontBuilder import FontBuilder  # pyright: ignore[reportMissingTypeStubs]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # pyright: ignore[reportMissingTypeStubs]
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import (  # pyright: ignore[reportMissingTypeStubs]
    Glyph,
    GlyphComponent,
)
from fontTools.ttLib.tables.DefaultTable import DefaultTable  # pyright: ignore[reportMissingTypeStubs]

from tests.hostile.corpus import RENDERED, SEED, HostileInput, Place, Verdict, bad_asset
from tests.hostile.documents import document, packed, text

_NONE = bad_asset("is not a font")
_EMPTY = bad_asset("it has no characters")
_BROKEN = bad_asset("broken outline")
_Made = tuple[str, Callable[[], bytes], Verdict]


def font_inputs() -> Iterator[HostileInput]:
    found = (*_impostors(), *_damaged(), *_outlines(), *_tables(), *_paintings())
    for name, make, verdict in found:
        yield HostileInput("font", name, make, verdict, Place.FONT)
    for name, make, verdict in found:
        # An unreadable font in a template is ignored, and another font is used.
        inside = verdict if verdict in (RENDERED, _BROKEN) else RENDERED
        yield HostileInput("font in a template", name, partial(_in_template, make), inside)


def _in_template(make: Callable[[], bytes]) -> bytes:
    uri = "data:font/ttf;base64," + base64.b64encode(make()).decode()
    entry = {"fName": "Hostile", "fFamily": "Hostile", "fStyle": "Regular", "fPath": uri}
    fonts = {"list": [entry | {"origin": 3, "ascent": 72}]}
    return packed(document(text("ABC", f="Hostile"), fonts=fonts))


@cache
def _whole() -> bytes:
    return files("reelbatch.engines.lottie").joinpath("typefaces", "Anton-Regular.ttf").read_bytes()


def _impostors() -> list[_Made]:
    return [
        ("nothing", lambda: b"", _NONE),
        ("HTML", lambda: b"<html></html>", _NONE),
        ("only a signature", lambda: b"\0\1\0\0", _NONE),
        ("65,535 tables", lambda: b"\0\1\0\0\xff\xff" + bytes(6) + b"\xff" * 1000, _NONE),
        ("a collection without fonts", lambda: b"ttcf\0\1\0\0" + bytes(4), _NONE),
        ("a collection of 2^32 fonts", lambda: b"ttcf\0\1\0\0\xff\xff\xff\xff", _NONE),
        ("a WOFF of junk", lambda: b"wOFF" + b"\xff" * 200, _NONE),
        ("a WOFF2 of junk", lambda: b"wOF2" + b"\xff" * 200, _NONE),
        ("a WOFF bomb", partial(woff_bomb, 400_000_000), bad_asset("larger than 64 MiB")),
        ("a WOFF bomb that lies", partial(woff_bomb, 10_000_000), bad_asset("than the font")),
        ("a Type 1 font", lambda: b"%!PS-AdobeFont-1.0: Evil\n" + b"(" * 1000, _NONE),
    ]


def _damaged() -> list[_Made]:
    random = Random(SEED)  # noqa: S311  # the same fonts each time
    made: list[_Made] = [
        (f"truncated to {share} %", partial(_truncated, share), _NONE) for share in (1, 10, 50)
    ]
    for tag in ("head", "cmap", "glyf", "loca", "hmtx", "maxp", "name"):
        made.append((f"the table {tag} far away", partial(_moved, tag, 2**31), _NONE))
        made.append((f"the table {tag} with no bytes", partial(_shortened, tag, 0), _NONE))
    made.append(("wrong checksums", _wrong_checksums, RENDERED))
    for tag in ("cmap", "loca", "glyf", "name"):
        seed = random.randrange(2**32)
        verdict = _EMPTY if tag == "cmap" else RENDERED  # HarfBuzz draws nothing for broken glyphs
        made.append((f"random bytes in {tag}", partial(_spoiled, tag, seed), verdict))
    return made


def _outlines() -> list[_Made]:
    return [
        ("composites in a ring", partial(_composites, {"A": ["B"], "B": ["A"]}), RENDERED),
        ("a composite of itself", partial(_composites, {"A": ["A"]}), RENDERED),
        ("composites without bound", partial(_composites, _fan_out(12)), RENDERED),
        ("a glyph of 30,000 points", partial(_drawn, 30_000, 1000), _BROKEN),
        ("a glyph of 9,000 points", partial(_drawn, 9000, 1000), RENDERED),
        ("20,000 glyphs", partial(_crowd, 20_000), RENDERED),
        ("an em of 0", partial(_with_em, 0), RENDERED),
        ("an em of 1", partial(_with_em, 1), RENDERED),
        ("no characters", partial(_drawn, 4, 1000, characters=False), _EMPTY),
    ]


def _tables() -> list[_Made]:
    """Tables that cost a multiple of their size if repeated records are all processed."""
    return [
        ("35,000 names of all bytes", partial(_with_table, "name", _names(35_000)), RENDERED),
        ("one group of all characters", partial(_with_table, "cmap", _groups(1)), RENDERED),
        ("30,000 groups of all", partial(_with_table, "cmap", _groups(30_000)), RENDERED),
        ("8,000 segments of all", partial(_with_table, "cmap", _segments(8000)), RENDERED),
    ]


def _paintings() -> list[_Made]:
    """Paint graphs; HarfBuzz limits their depth and size."""
    return [
        ("a painting of itself", lambda: _painted(struct.pack(">BH", 11, 1)), RENDERED),
        ("a painting of 50,000 groups deep", lambda: _painted(_composed(50_000)), RENDERED),
        ("a painting of 2^30 parts", lambda: _painted(_composed(30, twice=True)), RENDERED),
        ("a painting of all the plane", lambda: _painted(_composed(1), wide=True), RENDERED),
        ("a painting with an em of 1", lambda: _painted(_composed(1), em=1), RENDERED),
        ("a painting of junk", lambda: _painted(b"\x20\xff\xff\xff" * 1000), RENDERED),
    ]


def _composed(depth: int, *, twice: bool = False) -> bytes:
    """Nest `PaintComposite`: each has the next one and a colour, or the next one `twice`."""
    parts: list[bytes] = []
    for left in range(depth, 0, -1):
        colour = 8 if twice else 8 * left + 6
        parts.append((32 << 56 | 8 << 32 | 23 << 24 | colour).to_bytes(8))
    glyph, colour = struct.pack(">IH", 10 << 24 | 6, 2), struct.pack(">BHh", 2, 0, 1 << 14)
    return b"".join(parts) + glyph + colour


def _painted(paint: bytes, *, em: int = 1000, wide: bool = False) -> bytes:
    """Make a font whose `A` is painted; with `wide`, its clip box covers the whole plane."""
    glyphs = struct.pack(">IHI", 1, 1, 10) + paint
    clips = struct.pack(">BIHHI", 1, 1, 1, 1, 12)[:9] + (12).to_bytes(3)
    clips += struct.pack(">B4h", 1, -32_768, -32_768, 32_767, 32_767)
    places = (34, 0, 34 + len(glyphs) if wide else 0, 0, 0)
    font: Any = TTFont(io.BytesIO(_drawn(4, em)))
    tables = {
        "COLR": struct.pack(">HHIIH5I", 1, 0, 0, 0, 0, *places) + glyphs + clips,
        "CPAL": struct.pack(">4HIHI", 0, 1, 1, 1, 14, 0, 0xFF0000FF),
    }
    for tag, content in tables.items():
        font[tag] = DefaultTable(tag)
        font[tag].data = content
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


def _names(count: int) -> bytes:
    record = struct.pack(">6H", 3, 1, 0x411, 1, 65_534, 0)
    return struct.pack(">3H", 0, count, 6) + record * count


def _groups(count: int) -> bytes:
    """Make a `cmap` table in format 12, for Windows."""
    header = struct.pack(">2H2HI2H3I", 0, 1, 3, 10, 12, 12, 0, 16 + 12 * count, 0, count)
    return header + struct.pack(">3I", 0x20, 0x10FFFF, 1) * count


def _segments(count: int) -> bytes:
    """Make a `cmap` table in format 4, which has a list for each field."""
    header = struct.pack(">2H2HI7H", 0, 1, 3, 1, 12, 4, 16 + 8 * count, 0, 2 * count, 0, 0, 0)
    lists = (0xFFFF, 0x20, 1, 0)  # last characters; after two bytes, first characters and the rest
    last, *others = (struct.pack(">H", value) * count for value in lists)
    return header + last + bytes(2) + b"".join(others)


def _builder(glyphs: dict[str, Any], em: int = 1000, *, characters: bool = True) -> bytes:
    order = [".notdef", *(name for name in glyphs if name != ".notdef")]
    glyphs.setdefault(".notdef", TTGlyphPen(None).glyph())
    builder: Any = FontBuilder(max(em, 16), isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(
        {ord(name): name for name in order if len(name) == 1} if characters else {}
    )
    builder.font.recalcBBoxes = False
    builder.setupGlyf(glyphs, calcGlyphBounds=False)
    builder.setupHorizontalMetrics(dict.fromkeys(order, (500, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable(
        {"familyName": "Hostile", "styleName": "Regular", "psName": "Hostile-Regular"}
    )
    builder.setupOS2()
    builder.setupPost()
    builder.font["head"].unitsPerEm = em
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    file = io.BytesIO()
    builder.font.save(file)
    return file.getvalue()


def _box(points: int = 4) -> Any:
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for number in range(1, points):
        pen.lineTo((number % 500, number * 7 % 700))
    pen.closePath()
    glyph: Any = pen.glyph()
    glyph.xMin = glyph.yMin = 0
    glyph.xMax = glyph.yMax = 700
    return glyph


def _drawn(points: int, em: int, *, characters: bool = True) -> bytes:
    return _builder({name: _box(points) for name in "ABC"}, em, characters=characters)


def _with_em(em: int) -> bytes:
    return _drawn(4, em)


def _crowd(count: int) -> bytes:
    return _builder({"A": _box(), **{f"glyph{n}": _box() for n in range(count)}})


def _composites(parts: dict[str, list[str]]) -> bytes:
    glyphs: dict[str, Any] = {}
    for name, names in parts.items():
        glyph: Any = Glyph()
        glyph.numberOfContours = -1
        glyph.xMin = glyph.yMin = glyph.xMax = glyph.yMax = 0
        components: list[Any] = []
        for part in names:
            component: Any = GlyphComponent()
            component.glyphName, component.x, component.y, component.flags = part, 1, 1, 0x0002
            components.append(component)
        glyph.components = components
        glyphs[name] = glyph
    for names in parts.values():
        for name in names:
            glyphs.setdefault(name, _box())
    return _builder(glyphs)


def _fan_out(levels: int) -> dict[str, list[str]]:
    names = ["A", *(f"part{level}" for level in range(levels))]
    return {name: [following] * 8 for name, following in pairwise(names)}


def _truncated(share: int) -> bytes:
    return _whole()[: len(_whole()) * share // 100]


def _entry_of(tag: str) -> int:
    """Return the position of the table's entry in the font's directory."""
    count = struct.unpack_from(">H", _whole(), 4)[0]
    places = range(12, 12 + 16 * count, 16)
    return next(at for at in places if _whole()[at : at + 4].decode() == tag)


def _moved(tag: str, offset: int) -> bytes:
    return _patched(_entry_of(tag) + 8, offset)


def _shortened(tag: str, length: int) -> bytes:
    return _patched(_entry_of(tag) + 12, length)


def _with_table(tag: str, table: bytes) -> bytes:
    """Replace the font's own table by one at its end."""
    entry = struct.pack(">II", len(_whole()), len(table))
    at = _entry_of(tag) + 8
    return _whole()[:at] + entry + _whole()[at + 8 :] + table


def _patched(at: int, value: int) -> bytes:
    content = bytearray(_whole())
    struct.pack_into(">I", content, at, value)
    return bytes(content)


def _wrong_checksums() -> bytes:
    content = bytearray(_whole())
    for at in range(12, 12 + 16 * struct.unpack_from(">H", _whole(), 4)[0], 16):
        struct.pack_into(">I", content, at + 4, 0xDEADBEEF)
    return bytes(content)


def _spoiled(tag: str, seed: int) -> bytes:
    random = Random(seed)  # noqa: S311  # the same font each time
    offset, length = struct.unpack_from(">II", _whole(), _entry_of(tag) + 8)
    content = bytearray(_whole())
    for _ in range(200):
        content[offset + random.randrange(length)] = random.randrange(256)
    return bytes(content)


def woff_bomb(stated: int) -> bytes:
    """Make a WOFF whose table unpacks to 400 MB and claims to have `stated` bytes."""
    table = zlib.compress(bytes(400_000_000))
    end = 64 + len(table)
    header = struct.pack(
        ">4s4sIHHIHHIIIII", b"wOFF", b"\0\1\0\0", end, 1, 0, stated + 100, 1, 0, *[0] * 5
    )
    entry = struct.pack(">4sIIII", b"head", 64, len(table), stated, 0)
    return header + entry + table
