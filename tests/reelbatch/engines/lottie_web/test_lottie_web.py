"""Lottie documents that are filled as for ThorVG, and drawn by lottie-web."""

import io
import sys
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from reelbatch.engines.lottie_web import LottieWebEngine
from reelbatch.engines.lottie_web.player import SETTING
from reelbatch.models.errors import AssetInvalid, LimitExceeded, TemplateInvalid
from tests.api.fonts import a_font

RED, GREEN, BLUE, NOTHING = (255, 0, 0, 255), (0, 128, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)


def a_moving_square(workshop: Any) -> Any:
    """A square, 10 pixels wide, that an expression moves by 15 pixels per frame."""
    square = workshop.solid("Square", "#ff0000", w=10, h=10)
    square["ks"]["p"]["x"] = "var $bm_rt; $bm_rt = [time * 30 * 15, 20];"
    return workshop.document(square)


def test_expressions_animate_frames_and_the_rest_is_transparent(workshop: Any) -> None:
    frames = workshop.film(a_moving_square(workshop), "video_prores_4444")
    for number, frame in enumerate(frames):
        red, *_, alpha = frame[25, number * 15 + 5].astype(int)
        assert (red > 240, alpha) == (True, 255), number
        assert frame[25, (number * 15 + 50) % 100, 3] == 0
    assert len(frames) == 6


def test_stills_and_ranges_show_the_films_frames_and_are_reproducible(
    workshop: Any,
) -> None:
    document = a_moving_square(workshop)
    document["layers"][0]["ks"]["r"]["x"] = "var $bm_rt; $bm_rt = wiggle(4, 90);"
    film = workshop.film(document, "video_prores_4444", end=6)
    part = workshop.film(document, "video_prores_4444", frame=3, end=6)
    assert all((one == other).all() for one, other in zip(film[3:], part, strict=True))
    first, _ = workshop.render(document, "image_png", frame=4, output="first")
    second, _ = workshop.render(document, "image_png", frame=4, output="second")
    assert first.read_bytes() == second.read_bytes()


def test_set_mattes_pictures_and_functions_work(workshop: Any) -> None:
    matte = workshop.solid("Matte", "#ffffff", w=50)
    masked = workshop.solid("Masked", "#0000ff")
    value = [{"ty": 0, "v": {"a": 0, "k": k}} for k in (1, 4, 0, 0, 1, 1)]
    masked["ef"] = [{"ty": 28, "en": 1, "mn": "ADBE Set Matte3", "ef": value}]
    picture = workshop.layer(2, "Photo", 60, 10, refId="photo")
    camera = workshop.layer(13, "Camera")
    document = workshop.document(
        matte, masked, picture, camera, assets=[{"id": "photo", "w": 30, "h": 30, "p": "no.png"}]
    )
    photo = workshop.asset(
        workshop.picture((255, 0, 0)), type="image", layerName="Photo", src="https://example.com/a"
    )
    hide = workshop.call("nx:layer-state-set", "Matte", state="hidden")
    drawn = workshop.still(document, photo, hide)
    assert tuple(drawn[50, 25]) == BLUE
    assert tuple(drawn[25, 75]) == RED
    assert tuple(drawn[50, 95]) == NOTHING


def test_words_have_the_teams_font(workshop: Any) -> None:
    """Its letter is a square of half the font size."""
    font = workshop.file(a_font(letter="A"), "Rarissima.ttf")
    document = workshop.document(workshop.text("Headline", "iii", font="Rarissima-Regular"))
    words = workshop.asset(type="text", layerName="Headline", value="A\nA")
    drawn = workshop.still(document, words, fonts=[font])
    rows, columns = (drawn[..., 3] > 128).nonzero()
    assert (columns.min(), columns.max()) == (5, 19)
    assert rows.min() == 25  # 15 above the baseline
    assert drawn[39, 12, 3] == 255
    assert drawn[45, 12, 3] == 0  # between the lines
    assert drawn[58, 12, 3] == 255


def test_the_templates_glyphs_are_used_only_if_they_cover_all_words(workshop: Any) -> None:
    box = {"c": True, "v": [[0, 0], [50, 0], [50, -50], [0, -50]]}
    box |= {"i": [[0, 0]] * 4, "o": [[0, 0]] * 4}
    shapes = [{"ty": "gr", "it": [{"ty": "sh", "ks": {"a": 0, "k": box}}]}]
    names = {"fFamily": "Brand", "style": "Bold", "size": 30}
    document = workshop.document(
        workshop.text("Headline", "A", font="Brand-Bold"),
        fonts={"list": [{"fName": "Brand-Bold", "fFamily": "Brand", "fStyle": "Bold"}]},
        chars=[{"ch": "A", "w": 60, "data": {"shapes": shapes}, **names}],
    )
    own = workshop.still(document)
    assert (own[26:39, 6:19, 3] == 255).all()
    other = workshop.asset(type="text", layerName="Headline", value="lAl")
    assert not (workshop.still(document, other)[26:39, 6:40, 3] == 255).all()


def test_opaque_films_have_the_documents_background_and_sound(workshop: Any) -> None:
    voice = workshop.layer(6, "Voice", refId="voice")
    sounds = [{"id": "voice", "u": "", "p": "voice.wav", "e": 0}]
    document = workshop.document(voice, fr=3, bg="#008000", assets=sounds)
    template = workshop.archive({"data.json": document, "voice.wav": workshop.tone(1)})
    path, rendered = workshop.render(template, "video_h264_vbr_5mbps")
    assert workshop.loud_halves(path, 2) == [True, True, False, False]
    assert (rendered.frames, rendered.drawn_by) == (6, "lottie-web 5.13.0")
    red, green, blue, _ = workshop.film(template, "video_h264_vbr_5mbps")[5][30, 50].astype(int)
    assert max(abs(red), abs(green - 128), abs(blue)) < 8


def test_videos_and_animated_pictures_are_refused_with_a_way_out(workshop: Any) -> None:
    gif = io.BytesIO()
    frames = [Image.new("L", (8, 8), level) for level in (0, 255)]
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:], duration=40)
    document = workshop.document(workshop.solid("Photo", "#ff0000"))
    names = {"type": "image", "layerName": "Photo", "src": "https://example.com/a.gif"}
    with pytest.raises(AssetInvalid, match=r"plays neither videos .* `conform: false`"):
        workshop.still(document, workshop.asset(gif.getvalue(), **names))
    still = workshop.still(document, workshop.asset(gif.getvalue(), **names, conform=False))
    assert still[30, 50, 3] == 255


def test_a_template_cannot_escape_its_document(workshop: Any) -> None:
    """Names and words are not interpreted as markup, and expressions reach no address."""
    escape = '</script><script>document.body.style.background = "blue"</script>'
    square = workshop.solid(escape, "#ff0000", w=10, h=10)
    square["ks"]["o"]["x"] = (
        "var here = Function('return this')();"
        "here.fetch('https://example.com/steal').catch(() => 0);"
        "var image = new here.Image(); image.src = 'https://example.com/steal.png';"
        "here.eval('1'); var $bm_rt; $bm_rt = 100;"
    )
    document = workshop.document(square, workshop.text(escape, escape, font=escape), nm=escape)
    path, rendered = workshop.render(document, composition=escape)
    drawn = Image.open(path)
    assert drawn.getpixel((5, 5)) == RED
    assert drawn.getpixel((99, 0)) == NOTHING
    refused = [each.message for each in rendered.warnings if each.code == "REQUEST_REFUSED"]
    assert {message.partition(" ")[0] for message in refused} == {
        "https://example.com/steal",
        "https://example.com/steal.png",
    }


def test_what_the_player_cannot_draw_fails_or_causes_a_warning(workshop: Any) -> None:
    square = workshop.solid("Square", "#ff0000")
    with pytest.raises(TemplateInvalid, match=r"1 to 240 frames per second, .* has 300"):
        workshop.still(workshop.document(square, fr=300))
    square["ks"]["o"]["x"] = "var $bm_rt; $bm_rt = nobody.knows;"
    price = workshop.text("Price", "9.90", runs=[{"t": "9."}, {"t": "90", "s": 10}])
    _, rendered = workshop.render(workshop.document(price, square), frame=3)
    style, failure = rendered.warnings
    assert (style.code, style.layer) == ("TEXT_STYLE_NOT_DRAWN", "Price")
    assert (failure.code, "nobody is not defined" in failure.message) == ("PAGE_ERROR", True)
    assert failure.message.endswith("frame 3)")


def test_pictures_may_be_larger_than_a_template(workshop: Any) -> None:
    workshop.limits = replace(workshop.limits, template_size=10_000)
    picture = workshop.asset(
        workshop.picture((255, 0, 0), (2000, 2000), "BMP"),
        type="image",
        layerName="P",
        src="data:,",
    )
    drawn = workshop.still(workshop.document(workshop.solid("P", "#0000ff")), picture)
    assert tuple(drawn[30, 50]) == RED


def test_odd_texts_and_fonts_are_read_as_in_the_lottie_engine(workshop: Any) -> None:
    odd = workshop.text("Odd", None, font={}, s="30", lh=None, tr=[])
    names: tuple[Any, ...] = ([], {}, "Inter-Bold")
    listed = [{"fName": name, "ascent": "high"} for name in names]
    drawn = workshop.still(workshop.document(odd, workshop.text("l", "l"), fonts={"list": listed}))
    columns = drawn[..., 3].any(axis=0).nonzero()[0]
    assert 5 <= columns.min() <= columns.max() < 20
    long = [
        workshop.asset(type="text", layerName=name, value="x" * 10_001) for name in ("Odd", "l")
    ]
    with pytest.raises(LimitExceeded, match="more than 20000 characters"):
        workshop.still(workshop.document(odd, workshop.text("l", "l")), *long)


def test_a_machine_without_the_player_says_what_is_missing(
    workshop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LottieWebEngine.why_unavailable() is None
    monkeypatch.setenv(SETTING, str(workshop.folder / "nowhere.js"))
    assert "lottie_svg.min.js" in (LottieWebEngine.why_unavailable() or "")
    monkeypatch.setattr(sys, "platform", "win32")
    assert "Windows" in (LottieWebEngine.why_unavailable() or "")
