"""Pictures, properties and functions that change layers."""

from typing import Any

import pytest

from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.errors import AssetInvalid

RED = [255, 0, 0, 255]
GREEN = [0, 255, 0, 255]
BLUE = [0, 0, 255, 255]
CLEAR = [0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_a_picture_is_shown_whole_and_centred_in_a_layer(workshop: Any, kind: str) -> None:
    document = workshop.document(workshop.solid("Photo", "#ff0000", x=10, y=10, w=80, h=40))
    picture = workshop.picture((0, 0, 255), (200, 200), kind)
    asset = workshop.asset(picture, type="image", layerName="Photo", src="https://example.com/a")
    drawn = workshop.still(document, asset)
    assert drawn[30, 50, 2] > 250
    assert drawn[12, 34, 3] == 255  # the square is as high as its box and centred in it
    assert drawn[48, 66, 3] == 255
    assert drawn[30, 25].tolist() == CLEAR
    assert drawn[30, 75].tolist() == CLEAR
    assert drawn[5, 50].tolist() == CLEAR


def test_a_picture_replaces_another_picture_or_a_precomposition(workshop: Any) -> None:
    document = workshop.document(
        workshop.layer(2, "Photo", refId="photo"),
        workshop.precomp("Card", "comp_0", w=50, h=60),
        assets=[
            {"id": "photo", "w": 50, "h": 60, "u": "", "p": "absent.png"},
            {"id": "comp_0", "layers": [workshop.solid("Ground", "#ff0000")]},
        ],
    )
    document["layers"][1]["ks"]["p"]["k"] = [50, 0, 0]
    photo = workshop.asset(
        workshop.picture((0, 0, 255), (50, 60)), type="image", layerName="Photo", src="a"
    )
    drawn = workshop.still(document, photo)
    assert (drawn[30, 25].tolist(), drawn[30, 75].tolist()) == (BLUE, RED)
    card = workshop.asset(
        workshop.picture((0, 255, 0), (50, 60)), type="image", layerName="Card", src="a"
    )
    drawn = workshop.still(document, card)
    assert (drawn[30, 25].tolist(), drawn[30, 75].tolist()) == (CLEAR, GREEN)


def test_layers_below_show_through_a_transparent_picture(workshop: Any) -> None:
    document = workshop.document(
        workshop.solid("Photo", "#ff0000"), workshop.solid("Ground", "#00ff00")
    )
    asset = workshop.asset(
        workshop.picture((0, 0, 0, 0), (100, 60)), type="image", layerName="Photo", src="a"
    )
    assert workshop.still(document, asset)[30, 50].tolist() == GREEN


def test_a_file_or_a_layer_without_a_picture_is_refused(workshop: Any) -> None:
    document = workshop.document(workshop.solid("Photo", "#ff0000"), workshop.text("Words", "A"))
    with pytest.raises(
        AssetInvalid, match=r"'Photo'.* is not a picture; the supported formats are PNG"
    ):
        workshop.still(
            document, workshop.asset(b"<svg/>", type="image", layerName="Photo", src="a")
        )
    with pytest.raises(AssetInvalid, match=r"'Words'.* type text cannot show a picture"):
        workshop.still(
            document,
            workshop.asset(workshop.picture((0, 0, 0)), type="image", layerName="Words", src="a"),
        )


@pytest.mark.parametrize("color", [[0, 1, 0], [0, 1, 0, 1], "#00ff00", "00FF00"])
@pytest.mark.parametrize("layer", ["Solid", "Shape"])
def test_colours_are_set_on_solids_and_shapes(workshop: Any, layer: str, color: Any) -> None:
    document = workshop.document(
        workshop.solid("Solid", "#ff0000", w=50),
        workshop.shape("Shape", workshop.rectangle(50, 0, 50, 60), workshop.fill(1, 0, 0)),
    )
    drawn = workshop.still(document, workshop.value(layer, "Color", color))
    expected = {"Solid": (GREEN, RED), "Shape": (RED, GREEN)}[layer]
    assert (drawn[30, 25].tolist(), drawn[30, 75].tolist()) == expected


def test_transform_properties_replace_keyframes(workshop: Any) -> None:
    layer = workshop.solid("Box", "#0000ff", w=20, h=20)
    keyframe = {"i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}}
    layer["ks"]["p"] = {
        "a": 1,
        "k": [{"t": 0, "s": [0, 0, 0], **keyframe}, {"t": 5, "s": [80, 0, 0]}],
    }

    def drawn(*values: tuple[str, Any]) -> Any:
        changes = [workshop.value("Box", name, value) for name, value in values]
        return workshop.still(workshop.document(layer), *changes, frame=3)

    moved = drawn(("Transform.Position", [70, 30]))
    assert (moved[40, 80].tolist(), moved[10, 45].tolist()) == (BLUE, CLEAR)
    grown = drawn(("position", [0, 0]), ("transform->scale", 200))
    assert (grown[35, 35].tolist(), grown[35, 45].tolist()) == (BLUE, CLEAR)
    faint = drawn(("Position", [0, 0]), ("Transform.Opacity", "50"))
    assert faint[10, 10, 3] in (127, 128)
    turned = drawn(("Position", [50, 30]), ("Rotation", 180))
    assert (turned[20, 40].tolist(), turned[40, 60].tolist()) == (BLUE, CLEAR)
    anchored = drawn(("Position", [50, 30]), ("Anchor Point", [20, 20, 0]))
    assert (anchored[20, 40].tolist(), anchored[40, 60].tolist()) == (BLUE, CLEAR)


def test_strokes_and_text_have_properties_too(workshop: Any) -> None:
    line = {"ty": "st", "c": {"a": 0, "k": [1, 0, 0, 1]}, "o": {"a": 0, "k": 100}, "lc": 1, "lj": 1}
    box = workshop.shape("Box", workshop.rectangle(20, 20, 60, 20), {**line, "w": {"a": 0, "k": 2}})
    changes = [
        workshop.value("Box", "Stroke Width", 10),
        workshop.value("Box", "Stroke Color", "#00ff00"),
    ]
    assert workshop.still(workshop.document(box), *changes)[23, 50].tolist() == GREEN
    words = workshop.document(workshop.text("Words", ""))
    changes = [
        workshop.value("Words", "Text.Source Text", "H"),
        workshop.value("Words", "Font Size", 60),
        workshop.value("Words", "Fill Color", [0, 0, 1]),
    ]
    drawn = workshop.still(words, *changes)
    assert drawn[..., 3].any()
    assert drawn[10, 13].tolist() == BLUE


def test_text_styles_are_set_by_the_names_that_scripts_use(workshop: Any) -> None:
    document = workshop.document(workshop.text("Words", ""))
    changes = [
        workshop.value("Words", "Text->Source Text", "H"),
        workshop.value("Words", "Source Text.fontSize", 60),
        workshop.value("Words", "Text.Source Text.fillColor", [0, 0, 1]),
        workshop.value("Words", "Source Text.font", "Inter-Bold"),
    ]
    assert workshop.still(document, *changes)[10, 13].tolist() == BLUE


def at_submission(workshop: Any, document: Any, resolved: Any) -> str:
    """The problem that is reported before anything is drawn; empty if there is none."""
    [layer] = workshop.inspect(document).layers
    problem = LottieEngine.layer_problem(resolved.asset, layer)
    return problem[1] if problem else ""


@pytest.fixture
def bars(workshop: Any) -> Any:
    """Two red bars as groups of a layer: `Left` and, with a dot in its name, `Right 1.5`."""
    groups = [
        {
            "ty": "gr",
            "nm": name,
            "it": [
                workshop.rectangle(x, 0, 50, 60),
                {**workshop.fill(1, 0, 0), "nm": "Fill 1"},
                {"ty": "tr", **workshop.layer(3, "")["ks"], "nm": "Transform"},
            ],
        }
        for name, x in (("Left", 0), ("Right 1.5", 50))
    ]
    return workshop.document(workshop.layer(4, "Bars", shapes=groups))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Contents.Left.Fill 1.Color", (GREEN, RED)),
        ("contents.left.contents.fill 1.color", (GREEN, RED)),
        ("Contents->Right 1.5->Fill 1->Color", (RED, GREEN)),
    ],
)
def test_a_property_is_found_by_its_path_in_the_shapes(
    workshop: Any, bars: Any, path: str, expected: Any
) -> None:
    drawn = workshop.still(bars, workshop.value("Bars", path, "#00ff00"))
    assert (drawn[30, 25].tolist(), drawn[30, 75].tolist()) == expected
    assert at_submission(workshop, bars, workshop.value("Bars", path, "#00ff00")) == ""


def test_missing_shapes_and_properties_are_reported_at_submission(workshop: Any, bars: Any) -> None:
    for path, message in (("Contents.Middle.Fill 1.Color", "'Left', 'Right 1.5'"),
                          ("Contents.Left.Fill 1.Size", "(available: color")):  # fmt: skip
        assert message in at_submission(workshop, bars, workshop.value("Bars", path, 5))


@pytest.mark.parametrize("path", ["Contents.Left.Transform.Position", "Contents.Left.Position"])
def test_a_group_of_shapes_is_moved(workshop: Any, bars: Any, path: str) -> None:
    drawn = workshop.still(bars, workshop.value("Bars", path, [0, 30]))
    assert (drawn[15, 25].tolist(), drawn[45, 25].tolist()) == (CLEAR, RED)
    assert at_submission(workshop, bars, workshop.value("Bars", path, [0, 30])) == ""


def test_a_property_of_an_effect_is_set(workshop: Any) -> None:
    color = {"ty": 2, "nm": "Color", "v": {"a": 0, "k": [1, 0, 0, 1]}}
    controls = [
        {"ty": 10, "nm": "Fill Mask", "v": {"a": 0, "k": 0}},
        {"ty": 7, "nm": "All Masks", "v": {"a": 0, "k": 0}},
        color,
        {"ty": 7, "nm": "Invert", "v": {"a": 0, "k": 0}},
        {"ty": 0, "nm": "Horizontal Feather", "v": {"a": 0, "k": 0}},
        {"ty": 0, "nm": "Vertical Feather", "v": {"a": 0, "k": 0}},
        {"ty": 0, "nm": "Opacity", "v": {"a": 0, "k": 1}},
    ]
    effect = {"ty": 21, "nm": "Fill", "en": 1, "ef": controls}
    document = workshop.document(workshop.solid("Box", "#ffffff", ef=[effect]))
    assert workshop.still(document)[30, 50].tolist() == RED
    blue = workshop.value("Box", "Effects.Fill.Color", [0, 0, 1])
    assert workshop.still(document, blue)[30, 50].tolist() == BLUE
    with pytest.raises(AssetInvalid, match=r"no property 'Colour' \(available: 'Fill Mask', 'All"):
        workshop.still(document, workshop.value("Box", "Effects.Fill.Colour", [0, 0, 1]))
    assert at_submission(workshop, document, blue) == ""
    misspelled = workshop.value("Box", "Effects.Fill.Colour", [0, 0, 1])
    assert "no property 'Colour'" in at_submission(workshop, document, misspelled)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Blur", 1, "'Blur' is unknown; the supported ones are Source Text, Text"),
        ("Effects.Fill.Color", [1, 0, 0], "There is no effect 'Fill'"),
        ("Contents.Rectangle 1.Fill 1.Color", [1, 0, 0], "There is no shape 'Rectangle 1'"),
        ("Opacity", "much", "'much' is not a number"),
        ("Opacity", 101, "not between 0 and 100"),
        ("Rotation", True, "is not a number"),
        ("Position", [1], "not an array of 2 or 3 numbers"),
        ("Color", [255, 0, 0], "not a colour"),
        ("Color", "red", "not a colour"),
        ("Source Text", "Hello", "A layer of type solid has no text"),
    ],
)
def test_a_property_that_cannot_be_set_is_refused(
    workshop: Any, name: str, value: Any, message: str
) -> None:
    document = workshop.document(workshop.solid("Box", "#ff0000"))
    with pytest.raises(AssetInvalid, match=message):
        workshop.still(document, workshop.value("Box", name, value))
    assert message in at_submission(workshop, document, workshop.value("Box", name, value))


def test_a_layer_is_hidden_and_shown(workshop: Any) -> None:
    document = workshop.document(
        workshop.solid("Left", "#ff0000", w=50), workshop.solid("Right", "#00ff00", x=50, hd=True)
    )
    drawn = workshop.still(
        document,
        workshop.call("nx:layer-state-set", "Left", state="hidden"),
        workshop.call("nx:layer-state-set", "Right", state="visible"),
    )
    assert (drawn[30, 25].tolist(), drawn[30, 75].tolist()) == (CLEAR, GREEN)


def test_a_function_works_on_several_layers(workshop: Any) -> None:
    document = workshop.document(
        workshop.solid("Left", "#ff0000", w=50), workshop.solid("Right", "#ff0000", x=50)
    )
    change = workshop.call("nx:solid-color-set", ["Left", "Right"], color=[0, 0, 1])
    drawn = workshop.still(document, change)
    assert (drawn[30, 25].tolist(), drawn[30, 75].tolist()) == (BLUE, BLUE)


def test_layers_keep_the_place_that_a_removed_parent_gave_them(workshop: Any) -> None:
    document = workshop.document(
        workshop.solid("Child", "#0000ff", w=20, h=20, parent=2),
        workshop.solid("Parent", "#ff0000", x=50, y=20, w=40, h=40),
    )
    drawn = workshop.still(document, workshop.call("nx:layer-remove", "Parent"))
    assert (drawn[30, 60].tolist(), drawn[50, 80].tolist()) == (BLUE, CLEAR)


@pytest.fixture
def matted(workshop: Any) -> Any:
    """A blue ground that is only visible where the matte is: in the left half."""
    return workshop.document(
        workshop.solid("Matte", "#ffffff", w=50, td=1), workshop.solid("Ground", "#0000ff", tt=1)
    )


@pytest.mark.parametrize(
    ("function", "layer", "params", "expected"),
    [
        ("nx:layer-remove", "Matte", {}, (BLUE, BLUE)),
        ("nx:layer-remove", "Ground", {}, (CLEAR, CLEAR)),
        ("nx:layer-state-set", "Matte", {"state": "hidden"}, (BLUE, CLEAR)),
        ("nx:layer-state-set", "Ground", {"state": "hidden"}, (CLEAR, CLEAR)),
    ],
)
def test_mattes_stay_sensible(
    workshop: Any, matted: Any, function: str, layer: str, params: Any, expected: Any
) -> None:
    drawn = workshop.still(matted, workshop.call(function, layer, **params))
    assert (drawn[30, 25].tolist(), drawn[30, 75].tolist()) == expected


def test_a_matte_outlives_one_of_the_layers_that_it_masks(workshop: Any) -> None:
    document = workshop.document(
        workshop.solid("Matte", "#ffffff", w=50, td=1),
        workshop.solid("Upper", "#ff0000", h=30, tt=1, tp=1),
        workshop.solid("Lower", "#0000ff", y=30, h=30, tt=1, tp=1),
    )
    drawn = workshop.still(document, workshop.call("nx:layer-remove", "Upper"))
    assert [drawn[y, x].tolist() for y in (15, 45) for x in (25, 75)] == [CLEAR, CLEAR, BLUE, CLEAR]


@pytest.mark.parametrize(
    ("function", "params", "message"),
    [
        ("nx:gen-ai", {}, "the function nx:gen-ai; they support nx:comp-duration-set"),
        ("nx:layer-state-set", {"state": "away"}, "the state hidden or visible, not 'away'"),
        ("nx:solid-color-set", {}, "None is not a colour"),
        ("nx:text-params-set", {"colour": 1}, "needs at least one of text, font"),
        ("nx:text-params-set", {"size": 12}, "A layer of type solid has no text"),
    ],
)
def test_a_function_that_cannot_work_is_refused(
    workshop: Any, function: str, params: Any, message: str
) -> None:
    document = workshop.document(workshop.solid("Box", "#ff0000"))
    with pytest.raises(AssetInvalid, match=message):
        workshop.still(document, workshop.call(function, "Box", **params))


def test_a_later_asset_wins(workshop: Any) -> None:
    document = workshop.document(workshop.solid("Box", "#ff0000"))
    changes = [workshop.value("Box", "Color", color) for color in ("#00ff00", "#0000ff")]
    assert workshop.still(document, *changes)[30, 50].tolist() == BLUE
