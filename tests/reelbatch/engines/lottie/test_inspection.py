"""The description of a template."""

import base64
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from reelbatch.engines.faces import find_face
from reelbatch.models.wire.fonts import FontFace

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def test_compositions_start_with_the_root_and_have_unique_names(workshop: Any) -> None:
    inner = [workshop.solid("Inner", "#00ff00", op=4)]
    document = workshop.document(
        workshop.precomp("Use", "comp_1", w=50, h=40),
        assets=[
            {"id": "comp_0", "nm": "Main", "layers": inner},
            {"id": "comp_1", "nm": "Title", "layers": inner},
            {"id": "comp_2", "layers": inner},
        ],
        fr=29.9700012207031,
        op=6.0000002,
    )
    compositions = workshop.inspect(document).compositions
    assert [(c.name, c.width, c.height, c.frames) for c in compositions] == [
        ("Main", 100, 60, 6),
        ("comp_0", 100, 60, 4),
        ("Title", 50, 40, 4),
        ("comp_2", 100, 60, 4),
    ]
    assert compositions[0].frame_rate == pytest.approx(30000 / 1001, abs=1e-9)


def test_a_root_without_a_name_is_main(workshop: Any) -> None:
    document = workshop.document(workshop.solid("Sky", "#0000ff"), nm="")
    assert [c.name for c in workshop.inspect(document).compositions] == ["main"]


def test_shapes_and_texts_have_the_bounds_of_what_they_show(workshop: Any) -> None:
    moved: Any = {"ty": "tr", **workshop.layer(3, "")["ks"], "p": {"a": 0, "k": [5, 0]}}
    moved |= {"s": {"a": 0, "k": [50, 50]}}
    box = {"ty": "gr", "it": [workshop.rectangle(0, 0, 40, 20), workshop.fill(1, 0, 0), moved]}
    document = workshop.document(
        workshop.layer(4, "Box", shapes=[box, {**workshop.rectangle(0, 0, 99, 99), "hd": True}]),
        workshop.layer(4, "Empty", shapes=[]),
        workshop.text("Word", "HHH"),
    )
    document["layers"][0]["ks"]["p"]["k"] = [10, 10, 0]
    shapes, empty, word = workshop.inspect(document).layers
    assert (shapes.left, shapes.top, shapes.width, shapes.height) == (15, 10, 20, 10)
    assert (empty.width, empty.height) == (0, 0)
    drawn = workshop.still(workshop.document(workshop.text("Word", "HHH")))[..., 3] > 0
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    shown = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    described = (word.left, word.top, word.left + word.width, word.top + word.height)
    assert described == pytest.approx(shown, abs=1)


@pytest.mark.parametrize(
    ("size", "scale", "bounds"), [(1e308, 100, (0, 0, 0, 0)), (40, 1e308, (10, 10, 40, 40))]
)
def test_bounds_that_no_picture_can_hold_are_left_out(
    workshop: Any, size: float, scale: float, bounds: tuple[int, ...]
) -> None:
    shapes = [workshop.rectangle(10, 10, size, size), workshop.fill(1, 0, 0)]
    layer = workshop.layer(4, "Box", shapes=shapes)
    layer["ks"]["s"]["k"] = [scale, scale, 100]
    [found] = workshop.inspect(workshop.document(layer)).layers
    assert (found.left, found.top, found.width, found.height) == bounds


def test_layers_are_described(workshop: Any) -> None:
    child = workshop.text("Headline", "Hello") | {"parent": 3, "ip": 3, "st": 1.5}
    document = workshop.document(
        child,
        workshop.precomp("Title", "comp_0"),
        workshop.solid("Ground", "#112233", x=20, y=10, w=30, h=20),
        workshop.layer(3, ""),
        assets=[{"id": "comp_0", "nm": "Title comp", "layers": [workshop.layer(2, "Photo")]}],
    )
    layers = workshop.inspect(document).layers
    assert [
        (layer.composition, layer.position, layer.name, layer.layer_type) for layer in layers
    ] == [
        ("Main", 1, "Headline", "text"),
        ("Main", 2, "Title", "precomp"),
        ("Main", 3, "Ground", "solid"),
        ("Main", 4, "Layer 4", "null"),
        ("Title comp", 1, "Photo", "image"),
    ]
    headline, title, ground = layers[:3]
    assert (headline.text, headline.parent_position) == ("Hello", 3)
    assert (headline.start_time, headline.in_point, headline.out_point) == (0.05, 0.1, 0.2)
    assert title.source_composition == "Title comp"
    assert (ground.left, ground.top, ground.width, ground.height) == (20, 10, 30, 20)


def test_fonts_come_from_the_list_and_from_texts(workshop: Any) -> None:
    document = workshop.document(
        workshop.text("Headline", "Hello", font="Soleil-Bold"),
        workshop.text("Note", "Hello", font="Unlisted"),
        fonts={"list": [{"fName": "Soleil-Bold", "fFamily": "Soleil", "fStyle": "Bold"}]},
    )
    inspection = workshop.inspect(document)
    assert [(font.family, font.style, font.label) for font in inspection.fonts] == [
        ("Soleil", "Bold", "Soleil (Bold)"),
        ("Unlisted", "", "Unlisted (Regular)"),
    ]
    assert inspection.embedded_fonts == []


def test_a_font_in_the_archive_or_in_the_json_is_embedded(workshop: Any) -> None:
    anton = (
        files("reelbatch.engines.lottie").joinpath("typefaces", "Anton-Regular.ttf").read_bytes()
    )
    entry = {"fName": "Anton-Regular", "fFamily": "Anton", "fStyle": "Regular"}
    layer = workshop.text("Headline", "Hello", font="Anton-Regular")
    plain = workshop.document(layer, fonts={"list": [entry]})
    packed = workshop.archive({"data.json": plain, "fonts/Anton.ttf": anton})
    inside = {**entry, "fPath": f"data:font/ttf;base64,{base64.b64encode(anton).decode()}"}
    for template in (packed, workshop.document(layer, fonts={"list": [inside]})):
        inspection = workshop.inspect(template)
        assert find_face(inspection.fonts[0], inspection.embedded_fonts) is not None
    assert find_face(FontFace(family="Anton"), workshop.inspect(plain).embedded_fonts) is None


def test_glyphs_count_as_an_embedded_font_only_with_the_whole_alphabet(workshop: Any) -> None:
    def with_glyphs(characters: str) -> Any:
        glyphs: list[Any] = [
            {"ch": character, "fFamily": "Soleil", "style": "Bold", "w": 50, "data": {"shapes": []}}
            for character in characters
        ]
        return workshop.document(
            workshop.text("Headline", "Hello", font="Soleil-Bold"),
            fonts={"list": [{"fName": "Soleil-Bold", "fFamily": "Soleil", "fStyle": "Bold"}]},
            chars=glyphs,
        )

    assert workshop.inspect(with_glyphs("Helo")).embedded_fonts == []
    assert [f.family for f in workshop.inspect(with_glyphs(ALPHABET)).embedded_fonts] == ["Soleil"]
