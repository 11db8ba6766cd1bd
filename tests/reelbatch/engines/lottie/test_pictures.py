"""Pictures look as in other viewers: their greys, colours and orientation."""

import base64
import io
import re
import struct
import unicodedata
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from reelbatch.engines.decoding.pictures import srgb_profile
from reelbatch.engines.lottie.vector_pictures import read_svg
from reelbatch.models.errors import AssetInvalid, LimitExceeded

SVG = b"""<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'
  xmlns:xlink='http://www.w3.org/1999/xlink' onload='alert(1)'>
<defs><linearGradient id='g'><stop stop-color='#f00'/><stop offset='1' stop-color='#00f'/>
</linearGradient><rect id='r' width='10' height='10' fill='url(#g)'/></defs>
<style>.green{fill:#0f0}</style>
<use xlink:href='#r'/><path class='green' d='M10 0h10v10h-10z'/></svg>"""
BROKEN_SVG = SVG[:-9]


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def grey(level: float, kind: type[np.generic], layout: str = "PNG", **options: Any) -> bytes:
    return encoded(Image.fromarray(np.full((8, 8), level, kind)), layout, **options)


def a_png(depth: int, color_type: int, row: bytes, transparent: bytes) -> bytes:
    """A PNG of one row with two pixels, in formats that Pillow does not write."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, depth, color_type, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" + row))
    ends = chunk(b"tRNS", transparent) + body + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + ends


def a_profile(gamma: float) -> bytes:
    """sRGB's profile with a different curve: light is the signal to the power of `gamma`."""
    profile = bytearray(srgb_profile().tobytes())
    curve = struct.pack(">4s4xH2xi", b"para", 0, round(gamma * 65536))
    for tag in range(struct.unpack_from(">I", profile, 128)[0]):
        name, at, _ = struct.unpack_from(">4sII", profile, 132 + 12 * tag)
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            profile[at : at + len(curve)] = curve
    return bytes(profile)


Shown = Callable[[bytes], list[list[int]]]


@pytest.fixture(params=["an asset", "the template's own", "a static asset"])
def shown(request: pytest.FixtureRequest, workshop: Any) -> Shown:
    """Returns the top left and bottom right corners of a picture that fills the frame."""

    def show(content: bytes) -> list[list[int]]:
        asset = {"id": "photo", "w": 100, "h": 60, "u": "images/", "p": "photo.png", "e": 0}
        document = workshop.document(workshop.layer(2, "Photo", refId="photo"), assets=[asset])
        files = {"data.json": document}
        assets: list[Any] = []
        src = "https://example.com/photo"
        if request.param == "an asset":
            assets = [workshop.asset(content, type="image", layerName="Photo", src=src)]
        elif request.param == "a static asset":
            assets = [workshop.asset(content, type="static", name="images/photo.png", src=src)]
        else:
            files["images/photo.png"] = content
        picture = workshop.still(workshop.archive(files), *assets)
        box = np.argwhere(picture[..., 3] > 0) if (picture[..., 3] > 0).any() else [[0, 0]]
        (top, left), (bottom, right) = np.min(box, 0), np.max(box, 0)
        return [picture[top + 1, left + 1].tolist(), picture[bottom - 1, right - 1].tolist()]

    return show


@pytest.mark.parametrize(
    "content",
    [
        grey(117 * 257, np.uint16),
        grey(117 * 257, np.uint16, "TIFF"),
        grey(117 / 255, np.float32, "TIFF"),
        grey(117 * 2**23, np.int32, "TIFF"),
        grey((255 - 117) * 257, np.uint16, "TIFF", tiffinfo={262: 0}),
    ],
    ids=["PNG of 16 bits", "TIFF of 16 bits", "floats", "32 bits", "0 is white"],
)
def test_greys_of_more_bits_look_like_those_of_8_bits(shown: Shown, content: bytes) -> None:
    assert shown(content)[0] == pytest.approx([117, 117, 117, 255], abs=1)


def test_floats_beyond_white_infinities_and_nans_are_drawn(shown: Shown) -> None:
    values = np.array([[9, np.nan], [-np.inf, 1]], np.float32).repeat(4, 0).repeat(4, 1)
    white, black = [255, 255, 255, 255], [0, 0, 0, 255]
    assert shown(encoded(Image.fromarray(values), "TIFF")) == [white, white]
    assert shown(encoded(Image.fromarray(values[:, ::-1]), "TIFF")) == [black, black]


@pytest.mark.parametrize(
    ("color_type", "levels"), [(0, [50_000]), (2, [50_000, 30_000, 10_000])], ids=["grey", "colour"]
)
def test_a_transparent_colour_of_16_bits_is_transparent(
    workshop: Any, color_type: int, levels: list[int]
) -> None:
    clear = struct.pack(f">{len(levels)}H", *levels)
    row = struct.pack(f">{len(levels)}H", *[20_000] * len(levels)) + clear
    document = workshop.document(workshop.solid("Box", "#0000ff", w=80, h=40))
    content = a_png(16, color_type, row, clear)
    src = "https://example.com/photo"
    asset = workshop.asset(content, type="image", layerName="Box", src=src)
    picture = workshop.still(document, asset)
    assert (picture[20, 10, 3], picture[20, 70, 3]) == (255, 0)


def test_colours_follow_the_pictures_profile(shown: Shown) -> None:
    linear = Image.new("RGB", (8, 8), (55, 55, 55))
    assert shown(encoded(linear, icc_profile=a_profile(1.0)))[0] == pytest.approx(
        [128, 128, 128, 255], abs=2
    )


def test_srgb_stays_exact_and_unusable_profiles_are_ignored(workshop: Any) -> None:
    colours = Image.new("RGB", (8, 8), (200, 61, 40))
    srgb = srgb_profile().tobytes()
    grey_alone = srgb.replace(b"RGB XYZ", b"GRAYXYZ", 1)
    for profile in (srgb, srgb[:200], b"none", grey_alone):
        document = workshop.document(workshop.solid("Box", "#0000ff", w=40, h=40))
        content = encoded(colours, icc_profile=profile)
        asset = workshop.asset(content, type="image", layerName="Box", src="https://a.example/b")
        assert workshop.still(document, asset)[20, 20].tolist() == [200, 61, 40, 255]


def test_transparency_is_kept_with_a_profile(shown: Shown) -> None:
    glass = Image.new("RGBA", (8, 8), (55, 55, 55, 128))
    first, _ = shown(encoded(glass, icc_profile=a_profile(1.0)))
    assert first == pytest.approx([128, 128, 128, 128], abs=3)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_photo_is_rotated_as_its_camera_was_held(shown: Shown, orientation: int) -> None:
    turns = {3: 2, 6: 1, 8: 3}[orientation]
    upright = np.zeros((60, 100, 3), np.uint8)
    upright[:30] = (255, 0, 0)
    upright[30:] = (0, 0, 255)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.rot90(upright, turns))
    first, last = shown(encoded(stored, "JPEG", exif=exif, quality=95))
    assert first == pytest.approx([254, 0, 0, 255], abs=6)
    assert last == pytest.approx([0, 0, 254, 255], abs=6)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_last_bytes_is_shown(shown: Shown, progressive: bool) -> None:
    noise = np.random.default_rng(1).integers(0, 60, (60, 100, 3), np.uint8)
    noise[:8, :8] = (250, 0, 0)
    whole = encoded(Image.fromarray(noise), "JPEG", progressive=progressive)
    assert shown(whole[:-3])[0][0] > 200


def test_a_templates_picture_fills_its_box_and_a_jobs_picture_is_shown_whole(
    workshop: Any,
) -> None:
    """A template's picture is cropped to its box, as in lottie-web."""
    stripes = np.zeros((30, 100, 3), np.uint8)
    stripes[:, 25:75] = (255, 0, 0)
    asset = {"id": "photo", "w": 50, "h": 60, "u": "", "p": "photo.png", "e": 0}
    document = workshop.document(workshop.layer(2, "Photo", refId="photo"), assets=[asset])
    content = encoded(Image.fromarray(stripes))
    template = workshop.archive({"data.json": document, "photo.png": content})
    assert workshop.still(template)[:, :50, 0].min() > 250
    src = "https://example.com/photo.png"
    replaced = workshop.asset(content, type="static", name="photo.png", src=src)
    assert workshop.still(template, replaced)[..., 3].sum(axis=0).min() < 60 * 255


def test_half_a_jpeg_is_refused(workshop: Any) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    whole = encoded(Image.fromarray(noise), "JPEG")
    document = workshop.document(workshop.solid("Box", "#0000ff"))
    half = workshop.asset(
        whole[: len(whole) // 2], type="image", layerName="Box", src="https://a.example/b"
    )
    with pytest.raises(AssetInvalid, match="is not a picture"):
        workshop.still(document, half)


@pytest.mark.parametrize(("written", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
@pytest.mark.parametrize("is_static", [False, True])
def test_names_are_found_however_their_accents_are_written(
    workshop: Any, written: Any, stored: Any, is_static: bool
) -> None:
    name = unicodedata.normalize(written, "images/été.png")
    asset = {"id": "photo", "w": 100, "h": 60, "u": "", "p": name, "e": 0}
    document = workshop.document(workshop.layer(2, "Photo", refId="photo"), assets=[asset])
    file, red = unicodedata.normalize(stored, "images/été.png"), workshop.picture((255, 0, 0))
    if is_static:
        static = workshop.asset(red, type="static", name=file, src="https://a.example/b")
        picture = workshop.still(document, static)
    else:
        picture = workshop.still(workshop.archive({"data.json": document, file: red}))
    assert picture[30, 50].tolist() == [255, 0, 0, 255]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"u": "images/", "p": "gone.png"}, r"\(images/gone\.png\) is neither in the template nor"),
        (
            {"p": "data:image/png;base64,AAAA"},
            r"'photo' is not a picture; the supported formats are PNG",
        ),
        ({"p": "broken.svg"}, r"\(broken\.svg\) is an SVG that cannot be read; export it as PNG"),
        ({"p": "https://a.example/b.png"}, "is neither in the template nor"),
    ],
)
def test_a_warning_names_each_missing_picture_of_a_template(
    workshop: Any, fields: dict[str, str], words: str
) -> None:
    asset = {"id": "photo", "w": 100, "h": 60, "u": "", "e": 0} | fields
    document = workshop.document(workshop.layer(2, "Photo", refId="photo"), assets=[asset])
    document = workshop.archive({"data.json": document, "broken.svg": BROKEN_SVG})
    for _ in range(2):  # the second render may find cached results of the first
        _, rendered = workshop.render(document)
        [warning] = rendered.warnings
        assert warning.code == "MISSING_PICTURE"
        assert re.search(words, warning.message)


def test_a_template_with_all_of_its_pictures_has_no_warnings(workshop: Any) -> None:
    asset = {"id": "photo", "w": 100, "h": 60, "u": "", "p": "photo.png", "e": 0}
    document = workshop.document(workshop.layer(2, "Photo", refId="photo"), assets=[asset])
    files = {"data.json": document, "photo.png": workshop.picture((9, 9, 9))}
    _, rendered = workshop.render(workshop.archive(files))
    assert rendered.warnings == []


def test_a_broken_svg_is_refused_with_a_way_out(workshop: Any) -> None:
    document = workshop.document(workshop.solid("Box", "#0000ff"))
    asset = workshop.asset(BROKEN_SVG, type="image", layerName="Box", src="https://a.example/b")
    with pytest.raises(AssetInvalid, match=r"is an SVG that cannot be read; export it as PNG"):
        workshop.still(document, asset)


def test_svg_pictures_are_drawn_at_the_resolution_of_their_box(workshop: Any) -> None:
    own = {"id": "photo", "w": 100, "h": 50, "u": "", "p": "logo.svg", "e": 0}
    document = workshop.document(workshop.layer(2, "Photo", refId="photo"), assets=[own])
    archive = workshop.archive({"data.json": document, "logo.svg": SVG})
    in_template = workshop.still(archive)[:50]
    box = workshop.document(workshop.solid("Box", "#0000ff", h=50))
    asset = workshop.asset(SVG, type="image", layerName="Box", src="https://a.example/b")
    for drawn in (in_template, workshop.still(box, asset)[:50]):
        assert drawn[25, [2, 25, 45], 0].tolist() == sorted(drawn[25, [2, 25, 45], 0])[::-1]
        assert drawn[25, 2, 0] > 230 > 60 > drawn[25, 47, 0]
        assert drawn[25, 48, 1] < 20  # the edge is at most a pixel wide
        assert drawn[25, 51].tolist() == drawn[49, 99].tolist() == [0, 255, 0, 255]


def with_style(style: str) -> bytes:
    return SVG.replace(b"</svg>", f"<style>{style}</style></svg>".encode())


@pytest.mark.parametrize("style", ["@" * 300_000, "x" * 300_000, "@{" * 100_000])
def test_a_style_sheet_without_an_end_is_read_in_one_pass(style: str) -> None:
    assert read_svg(with_style(style), None).left_out == []


@pytest.mark.parametrize(
    ("parts", "most"),
    [
        ('<g opacity="0.9">' * 90 + "<path/>" + "</g>" * 90, 2**28 // 90),
        ('<path style="opacity:.5"/>' * 9_000, 2 * 10**9 // 9_000),
        ("<style>.a{opacity:.5}</style>" + '<path class="a"/>' * 9_000, 2 * 10**9 // 9_002),
        ('<path fill-opacity="0.5"/>' * 9_000, 2**25),
    ],
)
def test_an_svg_with_many_translucent_parts_is_drawn_with_fewer_pixels(
    parts: str, most: int
) -> None:
    svg = read_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{parts}</svg>'.encode(), None)
    assert svg.affordable_pixels(2**25) == most


def test_a_style_sheet_that_refers_to_more_than_is_drawn_is_refused() -> None:
    style = "*," * 5000 + "{mask:" + "url(#r)" * 5000 + "}"
    with pytest.raises(LimitExceeded, match="20,000 elements"):
        read_svg(with_style(style), None)


def test_a_picture_that_quotes_an_svg_is_not_an_svg(workshop: Any) -> None:
    note = PngInfo()
    note.add_text("Source", "<svg >")
    quoting = encoded(Image.new("RGB", (4, 4), (255, 0, 0)), pnginfo=note)
    document = workshop.document(workshop.solid("Box", "#0000ff"))
    src = "https://a.example/b"
    asset = workshop.asset(quoting, type="image", layerName="Box", src=src)
    assert workshop.still(document, asset)[50, 50].tolist() == [255, 0, 0, 255]


def test_missing_parts_of_an_svg_are_reported_and_no_other_file_is_opened(workshop: Any) -> None:
    beside = workshop.file(workshop.picture((255, 0, 0)), "beside.png")
    inside = base64.b64encode(workshop.picture((0, 0, 255))).decode()
    parts = "".join(
        f"<image {address} width='20' height='10'/>"
        for address in (f"href='{beside}'", f"xlink:href='file://{beside}'", "href='beside.png'")
    )
    blue = f"<image href='data:image/png;base64,{inside}' y='5' height='5' width='20'/>"
    svg = SVG.replace(b"</svg>", f"{parts}{blue}<text>Hi</text></svg>".encode())
    own = {"id": "photo", "w": 20, "h": 10, "u": "", "p": "logo.svg", "e": 0}
    document = workshop.document(workshop.layer(2, "Photo", refId="photo"), assets=[own])
    archive = workshop.archive({"data.json": document, "logo.svg": svg})
    path, rendered = workshop.render(archive)
    for warnings in (rendered.warnings, workshop.inspect(archive).warnings):
        [warning] = warnings
        assert warning.code == "PICTURE_INCOMPLETE"
        assert warning.message.endswith(
            "(logo.svg) is an SVG that is drawn without these elements: image, text."
        )
    drawn = np.asarray(Image.open(path).convert("RGBA"))
    assert drawn[2, 15].tolist() == [0, 255, 0, 255]
    assert drawn[8, 5].tolist() == [0, 0, 255, 255]
    assert workshop.still(archive).tobytes() == drawn.tobytes()
