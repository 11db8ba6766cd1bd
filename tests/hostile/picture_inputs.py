"""Hostile pictures, as assets of jobs and inside a template."""

import base64
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

import numpy as np
from PIL import Image

from reelbatch.engines.decoding.pictures import srgb_profile
from tests.hostile.corpus import (
    RENDERED,
    SEED,
    HostileInput,
    Place,
    Verdict,
    bad_asset,
    too_much,
)
from tests.hostile.documents import document, packed
from tests.hostile.documents import picture as picture_layer

_NONE = bad_asset("is not a picture")
_DESIGN = bad_asset("is a Photoshop or Illustrator file")
_SVG = bad_asset("is an SVG that cannot be read")
_CROWDED = too_much("elements")
_LARGE = too_much("pixels")
_Made = tuple[str, Callable[[], bytes], Verdict]


def picture_inputs() -> Iterator[HostileInput]:
    found = (*_pngs(), *_profiled(), *_deep(), *_others(), *_svgs(), *_impostors(), *_damaged())
    for name, make, verdict in found:
        yield HostileInput("picture", name, make, verdict, Place.PICTURE)
    for name, make, verdict in found:
        # An unreadable picture in a template is ignored; one that is too large is refused.
        inside = RENDERED if verdict in (_NONE, _DESIGN, _SVG) else verdict
        yield HostileInput("picture in a template", name, partial(_in_template, make), inside)


def encoded(kind: str, size: tuple[int, int] = (16, 16), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, kind, **options)
    return file.getvalue()


def _in_template(make: Callable[[], bytes]) -> bytes:
    uri = "data:image/png;base64," + base64.b64encode(make()).decode()
    asset = {"id": "picture", "w": 8, "h": 8, "u": "", "p": uri, "e": 1}
    return packed(document(picture_layer(), assets=[asset]))


def _chunk(kind: bytes, content: bytes, checksum: int | None = None) -> bytes:
    total = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", total)


def _png(
    width: int = 8,
    height: int = 8,
    *,
    depth: int = 8,
    color: int = 2,
    rows: bytes | None = None,
    extra: bytes = b"",
    interlaced: int = 0,
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    body = zlib.compress(rows if rows is not None else (b"\0" + b"\x80" * 24) * 8)
    ends = _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + extra + ends


def _pngs() -> list[_Made]:
    text = zlib.compress(bytes(80_000_000))
    profile = b"icc\0\0" + zlib.compress(bytes(50_000_000))
    palette = b"\xff" * 768
    return [
        ("a PNG of 100,000 x 100,000", partial(_png, 100_000, 100_000), _LARGE),
        ("a PNG of 2^31-1 x 2^31-1", partial(_png, 2**31 - 1, 2**31 - 1), _LARGE),
        ("a PNG of 2^31-1 x 1", partial(_png, 2**31 - 1, 1), _LARGE),
        ("a PNG of 0 x 0", partial(_png, 0, 0), _NONE),
        ("a PNG of 5,000 x 5,000 zeros", partial(encoded, "PNG", (5000, 5000)), _LARGE),
        ("a PNG with too little in it", partial(_png, 500, 500), _NONE),
        ("a PNG with too much in it", partial(_png, rows=bytes(20_000_000)), RENDERED),
        ("a PNG of 13 bits", partial(_png, depth=13), _NONE),
        ("a PNG of colour type 77", partial(_png, color=77), _NONE),
        ("an interlaced PNG with nothing in it", partial(_png, interlaced=1, rows=b""), _NONE),
        ("a PNG of text bombs", partial(_png, extra=_chunk(b"zTXt", b"a\0\0" + text)), _NONE),
        ("a PNG with a colour profile bomb", partial(_png, extra=_chunk(b"iCCP", profile)), _NONE),
        ("a PNG without its palette", partial(_png, color=3, rows=bytes(72)), RENDERED),
        (
            "a PNG with a huge palette",
            partial(_png, color=3, rows=bytes(72), extra=_chunk(b"PLTE", palette * 100)),
            _NONE,
        ),
        (
            "a PNG whose checksums are wrong",
            partial(_png, extra=_chunk(b"gAMA", bytes(4), checksum=1)),
            _NONE,
        ),
        (
            "a PNG of a million chunks",
            partial(_png, extra=_chunk(b"teXt", b"") * 200_000),
            RENDERED,
        ),
        (
            "an animated PNG of 1e9 frames",
            partial(_png, extra=_chunk(b"acTL", struct.pack(">II", 10**9, 0))),
            RENDERED,
        ),
        (
            "a PNG with transparency of the wrong length",
            partial(_png, extra=_chunk(b"tRNS", b"\1")),
            _NONE,
        ),
    ]


def _profiled() -> list[_Made]:
    """Pictures with hostile colour profiles; unusable profiles are ignored."""
    made = srgb_profile().tobytes()
    whole = made[:24] + bytes(12) + made[36:]  # without its date
    random = Random(SEED)  # noqa: S311  # the same profiles each time
    table = struct.pack(">4s4xBBBx9i", b"mft2", 15, 3, 255, *[0] * 9)
    profiles = {
        "that is cut off": whole[: len(whole) // 2],
        "of no tags": whole[:128] + bytes(4),
        "of four billion tags": whole[:128] + b"\xff" * 4 + whole[132:],
        "whose tags are all over it": whole[:132] + (whole[132:136] + b"\0\0\0\0") * 100,
        "of a table of 255 to the power of 15": _with_table(whole, table),
        "of another colour space": whole.replace(b"RGB XYZ", b"FCLRXYZ", 1),
        "of Lab": whole.replace(b"RGB XYZ", b"Lab XYZ", 1),
        "that is a device link": whole[:12] + b"link" + whole[16:],
        **{f"of random bytes ({n})": _spoiled(whole, random, 128) for n in range(5)},
    }
    return [
        (f"a {kind} with a profile {name}", partial(encoded, kind, icc_profile=profile), RENDERED)
        for name, profile in profiles.items()
        for kind in ("PNG", "JPEG", "TIFF")
    ]


def _with_table(profile: bytes, table: bytes) -> bytes:
    """Turn the first tag into a table of colours at the end."""
    tag = struct.pack(">4sII", b"A2B0", len(profile), len(table))
    return profile[:132] + tag + profile[144:] + table


def _spoiled(content: bytes, random: Random, start: int) -> bytes:
    spoiled = bytearray(content)
    for _ in range(20):
        spoiled[random.randrange(start, len(content))] = random.randrange(256)
    return bytes(spoiled)


def _deep() -> list[_Made]:
    """Pictures in grey with more than eight bits."""
    floats = io.BytesIO()
    values = np.array([np.nan, np.inf, -np.inf, 3e38] * 16, np.float32).reshape(8, 8)
    Image.fromarray(values).save(floats, "TIFF")
    fine = io.BytesIO()
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(fine, "TIFF")
    bits = fine.getvalue().index(struct.pack("<HHIHH", 258, 3, 1, 16, 0))
    return [
        ("a TIFF of floats that are no numbers", floats.getvalue, RENDERED),
        (
            "a TIFF of 16 bits that says 0",
            lambda: _stated(fine.getvalue(), bits + 8, "<H", 0),
            _NONE,
        ),
        ("a PNG of 16 bits with too little in it", partial(_png, depth=16, color=0), _NONE),
        (
            "a PNG of 16 bits with a transparent colour of one byte",
            partial(_png, depth=16, color=0, rows=bytes(136), extra=_chunk(b"tRNS", b"\1")),
            _NONE,
        ),
    ]


def _others() -> list[_Made]:
    jpeg = encoded("JPEG")
    sof = jpeg.index(b"\xff\xc0")
    huge_jpeg = jpeg[: sof + 5] + struct.pack(">HH", 65_535, 65_535) + jpeg[sof + 9 :]
    segments = b"\xff\xe1\xff\xff" + bytes(65_533)
    exif = b"\xff\xe1" + struct.pack(">H", 500) + b"Exif\0\0MM\0*" + b"\xff" * 488
    gif = encoded("GIF")
    wide_gif = gif[:6] + struct.pack("<HH", 65_535, 65_535) + gif[10:]
    webp = encoded("WEBP", lossless=True)
    bmp = encoded("BMP")
    tiff = encoded("TIFF")
    frames = [Image.new("P", (16, 16), number % 256) for number in range(2000)]
    return [
        ("a JPEG of 65,535 x 65,535", lambda: huge_jpeg, _LARGE),
        ("a JPEG of a hundred segments", lambda: jpeg[:2] + segments * 100 + jpeg[2:], RENDERED),
        ("a JPEG with junk as EXIF", lambda: jpeg[:2] + exif + jpeg[2:], RENDERED),
        ("a JPEG of junk", lambda: jpeg[:200] + b"\xff" * 5000, _NONE),
        ("a JPEG that turns endlessly", lambda: _turned(200), RENDERED),
        ("a GIF of 65,535 x 65,535", lambda: wide_gif, _LARGE),
        ("a GIF of 2,000 pictures", partial(_animated, frames, "GIF"), RENDERED),
        ("a GIF of nothing", lambda: gif[:13], _NONE),
        ("a GIF of endless comments", lambda: gif[:13] + b"\x21\xfe\1a" * 50_000, _NONE),
        ("a WebP of 16,383 x 16,383", lambda: _stated_webp(webp, 16_383, 16_383), _LARGE),
        ("a WebP of 300 pictures", partial(_animated, frames[:300], "WEBP"), RENDERED),
        ("a WebP whose size lies", lambda: webp[:4] + b"\xff\xff\xff\x7f" + webp[8:], _NONE),
        ("a BMP of 2^31-1 x 2^31-1", lambda: _stated(bmp, 18, "<ii", 2**31 - 1, 2**31 - 1), _LARGE),
        ("a BMP of -2^31 rows", lambda: _stated(bmp, 22, "<i", -(2**31)), _LARGE),
        ("a BMP with its pixels far away", lambda: _stated(bmp, 10, "<I", 2**31), _NONE),
        ("a TIFF of one tag a million times", lambda: _ring_of_tags(tiff), RENDERED),
    ]


def _svg(inside: str, start: str = "", **attributes: object) -> Callable[[], bytes]:
    named = {"width": 9, "height": 9} | attributes
    written = "".join(f" {key}='{value}'" for key, value in named.items())
    space = "xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'"
    return f"{start}<svg {space}{written}>{inside}</svg>".encode


def _svgs() -> list[_Made]:
    square = "<rect width='9' height='9'/>"
    doubled = "".join(
        f"<g id='a{n + 1}'><use href='#a{n}'/><use xlink:href='#a{n}'/></g>" for n in range(40)
    )
    styled = "".join(f".m{n}{{mask:url(#m{n + 1})}}" for n in range(40))
    masks = "".join(
        f"<mask id='m{n}'><g class='m{n}'>{square}</g><g class='m{n}'>{square}</g></mask>"
        for n in range(41)
    )
    entity = "<!DOCTYPE svg [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
    png = base64.b64encode(_png(100_000, 100_000)).decode()
    large = f"<image href='data:image/png;base64,{png}'/>"
    other = "<image href='file:///tmp/a.svg' width='9' height='9'/>"
    font = "@font-face{font-family:a;src:url(data:font/ttf;base64,AAEAAAD)}"
    return [
        ("an SVG of a file", _svg("<image width='9' height='9' href='/etc/passwd'/>"), RENDERED),
        (
            "an SVG of an SVG",
            _svg(other),
            RENDERED,
        ),
        ("an SVG of a page", _svg("<use href='http://127.0.0.1/a.svg#b'/>"), RENDERED),
        ("an SVG of a script", _svg("<script>while(1);</script>", onload="alert(1)"), RENDERED),
        ("an SVG with a font", _svg(f"<style>{font}</style><text>a</text>"), RENDERED),
        ("an SVG with a foreign entity", _svg("<text>&e;</text>", start=entity), _SVG),
        ("an SVG of a billion laughs", _laughs, _SVG),
        ("an SVG of 2^40 references", _svg(f"<g id='a0'>{square}</g>{doubled}"), _CROWDED),
        ("an SVG of itself", _svg("<g id='a'><use href='#a'/></g>"), _SVG),
        ("an SVG of masks of masks", _svg(f"<style>{styled}</style>{masks}"), _CROWDED),
        ("an SVG of a mask of itself", _svg("<mask id='a' style='mask:url(#a)'/>"), _SVG),
        ("an SVG of a gradient of itself", _svg("<linearGradient id='a' href='#a'/>"), _SVG),
        ("an SVG of 30,000 elements", _svg(square * 30_000), _CROWDED),
        ("an SVG of 5,000 levels", _svg("<g>" * 5000 + "</g>" * 5000), _CROWDED),
        ("an SVG of 10^9 x 10^9", _svg(square, width=10**9, height=10**9), _SVG),
        ("an SVG without a size", _svg("", width=0, height=0), _SVG),
        ("an SVG whose numbers are none", _svg("<path d='M1e999 nan L-1e38 9z'/>"), RENDERED),
        (
            "an SVG with too large a picture",
            _svg(large),
            _LARGE,
        ),
        ("an SVG of the finest dashes", _svg(_DASHED), RENDERED),
        ("an SVG that is cut off", lambda: _svg(square)()[:-9], _SVG),
        ("an SVG in UTF-7", lambda: b"<?xml version='1.0' encoding='utf-7'?>" + _svg("")(), _SVG),
    ]


_DASHED = (
    "<path d='M0 0H9000000' stroke='red' stroke-dasharray='0.0001' "
    "style='stroke-dasharray:0.0001'/>"
)


def _impostors() -> list[_Made]:
    png, html = _png(), b"<html><script>alert(1)</script></html>"
    return [
        ("nothing", lambda: b"", _NONE),
        ("HTML", lambda: html, _NONE),
        ("a PNG with HTML behind it", lambda: png + html, RENDERED),
        ("a GIF that is a script", lambda: b"GIF89a/*" + bytes(50) + b"*/=1;alert(1)", _NONE),
        ("HTML with a PNG behind it", lambda: html + png, _NONE),
        ("a PNG and ZIP in one", lambda: png + b"PK\x05\x06" + bytes(18), RENDERED),
        ("a PDF", lambda: b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj", _DESIGN),
        ("PostScript", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file", _DESIGN),
        ("an icon of icons", lambda: b"\0\0\1\0\1\0" + bytes(16) + png, _NONE),
        ("a Windows metafile", lambda: b"\xd7\xcd\xc6\x9a" + bytes(100), _NONE),
        ("a PSD", lambda: b"8BPS\0\1" + bytes(6) + b"\0\3" + b"\xff" * 100, _DESIGN),
        ("an XPM", lambda: b'/* XPM */ static char *a[] = {"9999 9999 1 1"};', _NONE),
        ("a PPM of 10^9 x 10^9", lambda: b"P6 1000000000 1000000000 255\n" + bytes(9), _NONE),
        ("a FITS file", lambda: b"SIMPLE  =                    T" + b" " * 2850, _NONE),
        ("a JPEG 2000 of 2^32 pixels", lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + b"\xff" * 80, _NONE),
    ]


def _damaged() -> list[_Made]:
    random = Random(SEED)  # noqa: S311  # the same pictures each time
    made: list[_Made] = []
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        whole = encoded(kind, (48, 48))
        made.append(
            (f"the first half of a {kind}", partial(bytes, whole[: len(whole) // 2]), _NONE)
        )
        for number in range(3):
            spoiled = bytearray(whole)
            for _ in range(20):
                spoiled[random.randrange(8, len(whole))] = random.randrange(256)
            name = f"a {kind} with 20 random bytes ({number})"
            # Without checksums and compression, a changed byte is just another colour.
            verdict = RENDERED if kind in ("BMP", "TIFF") else _NONE
            made.append((name, partial(bytes, spoiled), verdict))
    return made


def _animated(frames: list[Image.Image], kind: str) -> bytes:
    file = io.BytesIO()
    for number, frame in enumerate(frames):
        frame.putpixel((number % 16, 0), 255 - number % 256)
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


def _turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded("JPEG", exif=exif)


def _stated(content: bytes, at: int, layout: str, *values: int) -> bytes:
    patched = bytearray(content)
    struct.pack_into(layout, patched, at, *values)
    return bytes(patched)


def _stated_webp(webp: bytes, width: int, height: int) -> bytes:
    at = webp.index(b"VP8L") + 9
    return _stated(webp, at, "<I", (width - 1) | (height - 1) << 14)


def _ring_of_tags(tiff: bytes) -> bytes:
    at = struct.unpack_from("<I", tiff, 4)[0]
    return _stated(tiff, at, "<H", 65_535)


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    return f"<!DOCTYPE svg [{entities}]><svg>&l9;</svg>".encode()
