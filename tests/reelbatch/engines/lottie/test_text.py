"""Words, and the fonts in which they are drawn."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reelbatch.engines.lottie.typesetting.bundled_fonts import BUNDLED, bundled
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.wire.fonts import FontFace
from tests.api.fonts import a_font

TYPEFACES = Path(str(files("reelbatch.engines.lottie").joinpath("typefaces")))


def ink(picture: Any) -> int:
    return int((picture[..., 3] > 0).sum())


def columns(picture: Any) -> tuple[int, int]:
    """The first and the last column that have ink."""
    found = np.flatnonzero((picture[..., 3] > 127).any(axis=0))
    return int(found[0]), int(found[-1])


def rows(picture: Any) -> list[tuple[int, int]]:
    """The first and last row of each line of ink."""
    filled = np.flatnonzero((picture[..., 3] > 127).any(axis=1))
    lines = np.split(filled, np.flatnonzero(np.diff(filled) > 1) + 1)
    return [(int(line[0]), int(line[-1])) for line in lines]


def words(workshop: Any, value: str, layer: str = "Headline") -> Any:
    return workshop.asset(type="text", layerName=layer, value=value)


@pytest.mark.parametrize("face", BUNDLED, ids=lambda face: face.file_name)
def test_the_bundled_fonts_match_the_engines_list(face: FontFace) -> None:
    font = bundled(face)
    assert font.face == face
    assert all(font.has(character) for character in "AZaz09ÄéßŁž€—“”…")


def test_new_words_change_the_picture_only_where_the_words_are(workshop: Any) -> None:
    document = workshop.document(
        workshop.text("Headline", "I"), workshop.solid("Ground", "#00ff00", y=50, h=10)
    )
    before, after = (workshop.still(document, *assets) for assets in ((), (words(workshop, "W"),)))
    assert ink(after) > ink(before)
    assert (before[:15] == after[:15]).all()
    assert (before[45:] == after[45:]).all()
    assert (before[15:45] != after[15:45]).any()


def test_an_uploaded_font_lends_its_letters_to_others(workshop: Any, tmp_path: Path) -> None:
    path = tmp_path / "rare.ttf"
    path.write_bytes(a_font(letter="☃"))  # a square, in none of the bundled fonts
    text = words(workshop, "☃")
    document = workshop.document(workshop.text("Headline", "A"))
    file, rendered = workshop.render(document, assets=[text], fonts=[path])
    drawn = np.asarray(Image.open(file).convert("RGBA"))
    (left, right), [(top, bottom)] = columns(drawn), rows(drawn)
    assert (drawn[top : bottom + 1, left : right + 1, 3] > 127).all()
    assert list(rendered.missing_glyphs or ()) == []


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\x03"])
def test_a_line_break_starts_a_new_line(workshop: Any, line_break: str) -> None:
    """It is a pixel lower than the leading, as in lottie-web."""
    document = workshop.document(workshop.text("Headline", "", s=16, lh=18))
    assert rows(workshop.still(document, words(workshop, f"HH{line_break}HH"))) == [
        (28, 39),
        (47, 58),
    ]


@pytest.mark.parametrize(("value", "text"), [(1234567, "1234567"), (0.5, "0.5"), ("7", "7")])
def test_a_number_is_written_as_people_write_it(workshop: Any, value: Any, text: str) -> None:
    document = workshop.document(workshop.text("Headline", "", s=12))
    drawn = workshop.still(document, workshop.value("Headline", "Source Text", value))
    expected = workshop.document(workshop.text("Headline", text, s=12))
    assert (drawn == workshop.still(expected)).all()


def test_every_keyframe_gets_the_new_words_and_keeps_its_style(workshop: Any) -> None:
    layer = workshop.text("Headline", "old")
    first = layer["t"]["d"]["k"][0]
    layer["t"]["d"]["k"].append({"t": 3, "s": {**first["s"], "fc": [1, 0, 0]}})
    document = workshop.document(layer)
    early, late = (workshop.still(document, words(workshop, "H"), frame=frame) for frame in (0, 4))
    assert ink(early) == ink(late)
    assert early[..., 0].max() == 0
    assert late[..., 0].max() == 255


def _two_styles(workshop: Any) -> Any:
    runs = [{"t": "H"}, {"t": "H", "s": 8, "fc": [1, 0, 0]}]
    return workshop.document(workshop.text("Headline", "HH", s=16, runs=runs))


def test_runs_of_a_text_have_their_own_sizes_and_colours(workshop: Any) -> None:
    plain = workshop.still(workshop.document(workshop.text("Headline", "HH", s=16)))
    drawn = workshop.still(_two_styles(workshop))
    (left, right), (_, plain_right) = columns(drawn), columns(plain)
    assert right - left == pytest.approx((plain_right - left) * 3 / 4, abs=2)
    colored = np.flatnonzero(((drawn[..., 0] > 127) & (drawn[..., 3] > 127)).any(axis=0))
    assert left < colored[0] <= colored[-1] == right
    [(top, bottom)] = rows(drawn)
    assert bottom - top == pytest.approx(16 * 0.72, abs=2)


def test_letters_rotate_about_the_middle_of_their_own_height(workshop: Any) -> None:
    """In a text of one size they do so in lottie-web, half a capital above the baseline."""
    turned = {"s": {"b": 1}, "a": {"r": {"a": 0, "k": 90}}}
    drawn: list[Any] = []
    for style in ({"s": 16, "runs": [{"t": "HH", "s": 32}]}, {"s": 32}):
        layer = workshop.text("Headline", "HH", **style, lh=30)
        layer["t"] |= {"m": {"g": 1, "a": {"a": 0, "k": [0, -50]}}, "a": [turned]}
        drawn.append(workshop.still(workshop.document(layer)))
    assert (drawn[0] == drawn[1]).all()


def test_the_anchors_of_letters_lie_on_their_path(workshop: Any) -> None:
    """So an anchor moves nothing along a straight path, as in lottie-web."""
    line = {"v": [[0, 0], [90, 0]], "i": [[0, 0]] * 2, "o": [[0, 0]] * 2, "c": False}
    layer = workshop.text("Headline", "HI", s=16)
    layer["masksProperties"] = [{"mode": "n", "inv": False, "pt": {"a": 0, "k": line}}]
    layer["t"] |= {"p": {"m": 0, "f": {"a": 0, "k": 0}, "p": {"a": 0, "k": 1}}}
    plain = workshop.still(workshop.document(layer))
    layer["t"]["a"] = [{"s": {"b": 1}, "a": {"a": {"a": 0, "k": [10, 0, 0]}}}]
    anchored = workshop.still(workshop.document(layer))
    assert columns(anchored) == columns(plain)


def test_letters_of_a_justified_line_rotate_about_their_own_middle(workshop: Any) -> None:
    layer = workshop.text("Headline", "o-o-o", s=16, j=6, sz=[90, 50], ps=[0, -20])
    layer["t"]["a"] = [{"s": {"b": 1}, "a": {"r": {"a": 0, "k": 0}}}]
    upright = workshop.still(workshop.document(layer))
    layer["t"]["a"][0]["a"]["r"]["k"] = 180  # looks the same, except for its height
    turned = workshop.still(workshop.document(layer))
    inked = [np.flatnonzero((each[..., 3] > 127).any(axis=0)) for each in (upright, turned)]
    assert inked[0].tolist() == pytest.approx(inked[1].tolist(), abs=1)


def test_a_letter_without_a_stroke_gets_none_from_its_neighbour(workshop: Any) -> None:
    runs: list[Any] = [{"t": "H"}, {"t": "H", "sc": []}]
    stroked = {"s": 16, "sc": [1, 0, 0], "sw": 3}
    drawn = workshop.still(workshop.document(workshop.text("Headline", "HH", **stroked, runs=runs)))
    plain = workshop.still(workshop.document(workshop.text("Headline", "HH", s=16)))
    assert columns(drawn)[0] < columns(plain)[0]
    assert columns(drawn)[1] == columns(plain)[1]


def test_new_words_have_the_style_of_the_first_letter(workshop: Any) -> None:
    drawn = workshop.still(_two_styles(workshop), words(workshop, "HI"))
    plain = workshop.still(workshop.document(workshop.text("Headline", "HI", s=16)))
    assert (drawn == plain).all()


def test_a_jobs_style_applies_to_all_letters(workshop: Any) -> None:
    red = workshop.value("Headline", "Fill Color", "#ff0000")
    drawn = workshop.still(_two_styles(workshop), red)
    assert drawn[drawn[..., 3] > 127][:, 0].min() == 255
    twice = workshop.still(_two_styles(workshop), workshop.value("Headline", "Font Size", 32))
    (left, right), (former_left, former_right) = map(columns, (twice, drawn))
    assert right - left == pytest.approx(2 * (former_right - former_left), abs=3)


@pytest.mark.parametrize("text", ["Grüße", "Žluťoučký", "Привет", "Γειά", "日本語", "🙂"])
def test_text_in_any_script_draws_something(workshop: Any, text: str) -> None:
    assert ink(workshop.still(workshop.document(workshop.text("Headline", text, s=20)))) > 50


def test_a_missing_font_is_replaced_by_a_similar_one(workshop: Any) -> None:
    def drawn(font: str) -> Any:
        return workshop.still(workshop.document(workshop.text("Headline", "Hag", font=font)))

    assert (drawn("Helvetica-Bold") == drawn("Inter-Bold")).all()
    assert (drawn("TimesNewRomanPS-BoldMT") == drawn("NotoSerif-Bold")).all()
    assert (drawn("CourierNewPSMT") == drawn("NotoSansMono-Regular")).all()
    assert (drawn("Impact") == drawn("Anton-Regular")).all()
    assert (drawn("Inter-Bold") != drawn("NotoSerif-Bold")).any()


def test_an_upright_font_that_replaces_an_italic_is_slanted(workshop: Any) -> None:
    def drawn(font: str) -> Any:
        return workshop.still(workshop.document(workshop.text("Headline", "l", font=font)))

    upright, slanted = columns(drawn("NotoSerif-Bold")), columns(drawn("Georgia-BoldItalic"))
    assert slanted[1] - slanted[0] > upright[1] - upright[0]
    assert slanted[0] > upright[0]  # the slant leans away from the baseline


def test_the_templates_own_font_is_used(workshop: Any) -> None:
    anton = (TYPEFACES / "Anton-Regular.ttf").read_bytes()
    document = workshop.document(
        workshop.text("Headline", "Hag", font="Brand-Black"),
        fonts={"list": [{"fName": "Brand-Black", "fFamily": "Brand", "fPath": "fonts/brand.ttf"}]},
    )
    packed = workshop.archive({"data.json": document, "fonts/brand.ttf": anton})
    expected = workshop.document(workshop.text("Headline", "Hag", font="Anton-Regular"))
    assert (workshop.still(packed) == workshop.still(expected)).all()


def test_the_teams_font_is_used_before_a_bundled_one(workshop: Any) -> None:
    path = workshop.file((TYPEFACES / "Anton-Regular.ttf").read_bytes(), "Brand-Black.ttf")
    document = workshop.document(workshop.text("Headline", "Hag", font="Inter-Bold"))
    change = workshop.call("nx:text-params-set", "Headline", font="Brand-Black.ttf")
    expected = workshop.document(workshop.text("Headline", "Hag", font="Anton-Regular"))
    assert (workshop.still(document, change, fonts=[path]) == workshop.still(expected)).all()


def test_a_file_that_is_not_a_font_is_named(workshop: Any) -> None:
    path = workshop.file(b"no font", "Brand.ttf")
    with pytest.raises(AssetInvalid, match=r"Brand\.ttf is not a font"):
        workshop.still(workshop.document(workshop.text("Headline", "A")), fonts=[path])


def test_the_templates_glyphs_draw_its_words_and_a_font_draws_what_they_lack(workshop: Any) -> None:
    square = {"v": [[0, 0], [60, 0], [60, -60], [0, -60]], "i": [[0, 0]] * 4, "o": [[0, 0]] * 4}
    path = {"ty": "sh", "ks": {"a": 0, "k": {**square, "c": True}}}
    painted = workshop.fill(1, 0, 0)  # anything but a path is left out of a glyph
    glyph = {"ch": "A", "fFamily": "Brand", "style": "Bold", "w": 70, "size": 100}
    document = workshop.document(
        workshop.text("Headline", "A", font="Brand-Bold"),
        fonts={"list": [{"fName": "Brand-Bold", "fFamily": "Brand", "fStyle": "Bold"}]},
        chars=[{**glyph, "data": {"shapes": [{"ty": "gr", "it": [path, painted]}]}}],
    )
    own = workshop.still(document)
    assert (own[22:40, 5:22, 3] == 255).all()
    assert rows(own) == [(22, 39)]
    assert columns(own) == (5, 22)
    both = workshop.still(document, words(workshop, "AB"))
    assert (both[:, :26] == own[:, :26]).all()
    expected = workshop.document(workshop.text("Headline", "B", font="Inter-Bold"))
    lent = workshop.still(expected)
    assert (both[:, 26:90] == lent[:, 5:69]).all()  # 70 hundredths of the font size further on


def test_style_functions_change_size_tracking_leading_and_colour(workshop: Any) -> None:
    document = workshop.document(workshop.text("Headline", "HH", s=16, lh=18))
    plain = columns(workshop.still(document))
    wide = workshop.still(document, workshop.call("nx:text-params-set", "Headline", tracking=500))
    assert columns(wide)[1] > plain[1] + 5
    big = workshop.still(
        document, workshop.call("nx-text-params-set", "Headline", fontSize=32, fillColor="#ff0000")
    )
    assert columns(big)[1] > plain[1] + 10
    assert big[big[..., 3] == 255].tolist()[0] == [255, 0, 0, 255]
    spaced = workshop.still(
        document,
        words(workshop, "H\nH"),
        workshop.call("nx:text-params-set", "Headline", leading=14),
    )
    assert rows(spaced) == [(28, 39), (43, 54)]


def test_words_for_a_layer_without_text_are_refused(workshop: Any) -> None:
    document = workshop.document(workshop.solid("Ground", "#00ff00"))
    with pytest.raises(AssetInvalid, match=r"Asset 0 .*'Ground'.* of type solid has no text"):
        workshop.still(document, words(workshop, "Hello", "Ground"))


def test_an_unknown_layer_is_named(workshop: Any) -> None:
    document = workshop.document(workshop.text("Headline", "A"))
    with pytest.raises(AssetInvalid, match="'Main' has no layer 'headline'"):
        workshop.still(document, words(workshop, "Hello", "headline"))


def test_words_are_set_in_every_layer_of_that_name_in_the_named_composition(
    workshop: Any,
) -> None:
    inner = [workshop.text("Name", "", s=20), workshop.text("Name", "", s=20)]
    inner[1]["ks"]["p"]["k"] = [5, 20, 0]
    document = workshop.document(
        workshop.precomp("Card", "comp_0"), assets=[{"id": "comp_0", "nm": "Card", "layers": inner}]
    )
    asset = workshop.asset(type="text", layerName="Name", value="HH", composition="Card")
    assert len(rows(workshop.still(document, asset))) == 2
    with pytest.raises(AssetInvalid, match="no composition 'Nothing'"):
        workshop.still(
            document,
            workshop.asset(type="text", layerName="Name", value="A", composition="Nothing"),
        )
