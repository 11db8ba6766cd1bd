"""Documents that say the same thing in different ways look the same."""

import json
from typing import Any, cast

import pytest

from reelbatch.models.errors import LimitExceeded

RED = [255, 0, 0, 255]
GREEN = [0, 255, 0, 255]
BLUE = [0, 0, 255, 255]
CLEAR = [0, 0, 0, 0]


def _path(*points: tuple[float, float], **fields: Any) -> dict[str, Any]:
    straight = [[0, 0] for _ in points]
    return {"i": straight, "o": straight, "v": [list(point) for point in points], **fields}


def _shape(path: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"ty": "sh", "ks": {"a": 0, "k": path}, **fields}


def _stroke(*color: float, width: float = 6, **fields: Any) -> dict[str, Any]:
    still = {"a": 0, "k": 100}
    return {
        "ty": "st",
        "c": {"a": 0, "k": [*color, 1]},
        "o": still,
        "w": {"a": 0, "k": width},
        "lc": 1,
        "lj": 1,
        **fields,
    }


def _fill_effect(**fields: Any) -> dict[str, Any]:
    values = [0, 0, [0, 0, 1, 1], 0, 0, 0, 1]
    controls = [{"ty": 0, "v": {"a": 0, "k": value}} for value in values]
    return {"ty": 21, "nm": "Fill", "ef": controls, **fields}


def test_whole_numbers_are_read_as_such_however_they_are_written(workshop: Any) -> None:
    document = workshop.document(
        workshop.precomp("Card", "card"),
        assets=[{"id": "card", "layers": [workshop.solid("Ground", "#ff0000")]}],
    )
    written = json.dumps(document).replace('"ty": 0', '"ty": 0.0').replace('"ty": 1', '"ty": 1.0')
    drawn = workshop.still(workshop.file(written.encode()))
    assert drawn[30, 50].tolist() == RED


@pytest.mark.parametrize(("version", "color"), [("4.1.8", [0, 0, 255]), ("4.1.9", [0, 0, 1])])
def test_colours_of_old_versions_range_up_to_255(
    workshop: Any, version: str, color: list[float]
) -> None:
    shape = workshop.shape("Box", workshop.rectangle(0, 0, 100, 60), workshop.fill(*color))
    assert workshop.still(workshop.document(shape, v=version))[30, 50].tolist() == BLUE
    keyframes = [{"t": 0, "s": [*color, 1], "h": 1}, {"t": 5}]
    shape["shapes"][0]["it"][1]["c"] = {"a": 1, "k": keyframes}
    assert workshop.still(workshop.document(shape, v=version))[30, 50].tolist() == BLUE


@pytest.mark.parametrize("animated", [False, True])
def test_outlines_of_old_versions_are_closed_by_a_separate_field(
    workshop: Any, animated: bool
) -> None:
    corners = _path((20, 10), (80, 10), (80, 50), (20, 50))
    outline = _shape(corners, closed=True)
    if animated:
        outline["ks"] = {"a": 1, "k": [{"t": 0, "s": [corners], "h": 1}, {"t": 5, "s": [corners]}]}
    document = workshop.document(workshop.shape("Box", outline, _stroke(1, 0, 0)), v="4.4.17")
    assert workshop.still(document)[30, 20].tolist() == RED
    outline["closed"] = False
    assert workshop.still(document)[30, 20].tolist() == CLEAR


def test_glyphs_of_old_versions_have_absolute_tangents(workshop: Any) -> None:
    corners = _path((0, 0), (60, 0), (60, -60), (0, -60), c=True)
    corners["i"] = corners["o"] = corners["v"]
    letter = {
        "ch": "A",
        "fFamily": "Own",
        "style": "Regular",
        "size": 100,
        "w": 100,
        "data": {"shapes": [{"ty": "gr", "it": [_shape(corners)]}]},
    }
    fonts = {"list": [{"fName": "Own", "fFamily": "Own", "fStyle": "Regular", "ascent": 75}]}
    text = workshop.text("Words", "A", font="Own", s=60)
    drawn = workshop.still(workshop.document(text, v="4.7.98", chars=[letter], fonts=fonts))
    ys, xs = (drawn[..., 3] > 128).nonzero()
    assert (xs.min(), xs.max(), ys.min(), ys.max()) == (5, 40, 4, 39)


def test_texts_of_old_versions_have_no_keyframes(workshop: Any) -> None:
    text = workshop.text("Words", "HHH")
    usual = workshop.still(workshop.document(text))
    text["t"]["d"] = text["t"]["d"]["k"][0]["s"]
    assert (workshop.still(workshop.document(text, v="4.4.13")) == usual).all()
    assert usual[..., 3].any()


@pytest.mark.parametrize(
    ("fields", "color"),
    [({}, BLUE), ({"en": 1}, BLUE), ({"en": True}, BLUE), ({"en": 0}, RED), ({"en": False}, RED)],
)
def test_an_effect_is_enabled_unless_it_is_turned_off(
    workshop: Any, fields: dict[str, Any], color: list[int]
) -> None:
    layer = workshop.solid("Box", "#ff0000", ef=[_fill_effect(**fields)])
    assert workshop.still(workshop.document(layer))[30, 50].tolist() == color


def test_the_order_of_keys_does_not_matter(workshop: Any) -> None:
    corners = _path((0, 0), (50, 0), (50, 60), (0, 60), c=True)
    mask = {"inv": True, "mode": "a", "pt": {"a": 0, "k": corners}, "o": {"a": 0, "k": 100}}
    dashes = [{"n": "d", "v": {"a": 0, "k": 10}}, {"n": "o", "v": {"a": 0, "k": 10}}]
    line = _shape(_path((0, 10), (100, 10)))
    turned = workshop.shape("Turned", workshop.rectangle(-5, 0, 10, 20), workshop.fill(1, 0, 0))
    turned["ks"] |= {"p": {"a": 0, "k": [75, 40, 0]}, "rz": {"a": 0, "k": 90}}
    turned["ks"] |= {"rx": {"a": 0, "k": 0}, "ry": {"a": 0, "k": 30}, "ddd": 1}
    del turned["ks"]["r"]
    document = workshop.document(
        workshop.shape("Line", line, _stroke(1, 0, 0, d=dashes)),
        turned,
        workshop.solid("Box", "#ff0000", ef=[_fill_effect(en=1)], masksProperties=[mask]),
    )
    usual = workshop.still(document)
    assert usual[30, 90].tolist() == BLUE
    for backwards in (False, True):
        written = json.dumps(_ordered(document, backwards=backwards)).encode()
        assert (workshop.still(workshop.file(written)) == usual).all()


def _ordered(value: Any, *, backwards: bool) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        keys = sorted(fields, reverse=backwards)
        return {key: _ordered(fields[key], backwards=backwards) for key in keys}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [_ordered(item, backwards=backwards) for item in items]
    return value


@pytest.mark.parametrize("flag", [{}, {"ddd": 0}, {"ddd": 1}])
def test_rotations_about_three_axes_need_no_flag(workshop: Any, flag: dict[str, int]) -> None:
    layer = workshop.solid("Bar", "#ff0000", x=50, y=30, w=40, h=10, **flag)
    del layer["ks"]["r"]
    layer["ks"] |= {axis: {"a": 0, "k": 0} for axis in ("rx", "ry")} | {"rz": {"a": 0, "k": 90}}
    drawn = workshop.still(workshop.document(layer))
    assert (drawn[55, 45].tolist(), drawn[35, 70].tolist()) == (RED, CLEAR)
    layer["ks"] |= {"rz": {"a": 0, "k": 0}, "rx": {"a": 0, "k": 60}}
    drawn = workshop.still(workshop.document(layer))
    assert (drawn[33, 70].tolist(), drawn[37, 70].tolist()) == (RED, CLEAR)


def test_properties_get_their_values_from_slots(workshop: Any) -> None:
    fill = workshop.fill(1, 0, 0)
    fill["c"]["sid"] = "accent"
    box = workshop.shape("Box", workshop.rectangle(0, 0, 100, 60), fill)
    box["ks"]["p"]["sid"] = "place"
    slots = {
        "accent": {"p": {"a": 0, "k": [0, 1, 0, 1]}},
        "place": {"p": {"a": 1, "k": [{"t": 0, "s": [0, 0], "h": 1}, {"t": 3, "s": [50, 0]}]}},
        "broken": 5,
    }
    document = workshop.document(box, slots=slots)
    assert workshop.still(document)[30, 20].tolist() == GREEN
    later = workshop.still(document, frame=3)
    assert (later[30, 20].tolist(), later[30, 80].tolist()) == (CLEAR, GREEN)
    assert workshop.still(workshop.document(box, slots={}))[30, 20].tolist() == RED


def test_a_slot_that_would_make_a_document_far_larger_is_refused(workshop: Any) -> None:
    large = {"p": {"a": 0, "k": [0] * 200_000}}
    layers = [workshop.solid(f"Box {n}", "#ff0000") for n in range(60)]
    for layer in layers:
        layer["ks"]["p"]["sid"] = "large"
    with pytest.raises(LimitExceeded, match="slots"):
        workshop.inspect(workshop.document(*layers, slots={"large": large}))


def test_a_job_sets_a_slot_in_all_layers_that_have_it(workshop: Any) -> None:
    def box(name: str, x: float) -> Any:
        fill = workshop.fill(1, 0, 0)
        fill["c"]["sid"] = "accent"
        return workshop.shape(name, workshop.rectangle(x, 0, 50, 60), fill)

    document = workshop.document(box("Left", 0), box("Right", 50))
    for blue in ("#0000ff", [0, 0, 1], "[0, 0, 1, 1]"):  # the last one as in a table's cell
        drawn = workshop.still(document, workshop.value("Left", "Slots.Accent", blue))
        assert (drawn[30, 20].tolist(), drawn[30, 80].tolist()) == (BLUE, BLUE)


def test_the_initial_theme_of_a_dotlottie_fills_its_slots(workshop: Any) -> None:
    fill = workshop.fill(1, 0, 0)
    fill["c"]["sid"] = "accent"
    box = workshop.shape("Box", workshop.rectangle(0, 0, 100, 60), fill)
    box["ks"]["p"]["sid"] = "place"
    slots = {"accent": {"p": {"a": 0, "k": [0, 1, 0, 1]}}}
    keyframes = [{"frame": 0, "value": [0, 0], "hold": True}, {"frame": 3, "value": [50, 0]}]
    rules = [
        {"id": "accent", "type": "Color", "value": [0, 0, 1]},
        {"id": "place", "type": "Position", "keyframes": keyframes},
        {"id": "accent", "type": "Color", "value": [1, 1, 1], "animations": ["other"]},
    ]
    archive = workshop.archive(
        {
            "manifest.json": {
                "version": "2",
                "initial": {"animation": "film", "theme": "dark"},
                "animations": [{"id": "film"}],
                "themes": [{"id": "dark"}],
            },
            "a/film.json": workshop.document(box, slots=slots),
            "t/dark.json": {"rules": rules},
        }
    )
    assert workshop.still(archive)[30, 20].tolist() == BLUE
    later = workshop.still(archive, frame=3)
    assert (later[30, 20].tolist(), later[30, 80].tolist()) == (CLEAR, BLUE)


@pytest.mark.parametrize("decomposed_in_template", [False, True])
def test_names_match_in_any_unicode_form(workshop: Any, decomposed_in_template: bool) -> None:
    decomposed, composed = "Gru\u0308n", "Gr\u00fcn"
    written, requested = (decomposed, composed)[:: 1 if decomposed_in_template else -1]
    document = workshop.document(workshop.solid(written, "#ff0000"), nm=written)
    drawn = workshop.still(
        document, workshop.value(requested, "Color", "#00ff00"), composition=requested
    )
    assert drawn[30, 50].tolist() == GREEN
    assert workshop.inspect(document).layers[0].name == "Gr\u00fcn"


def test_the_size_limit_applies_only_to_the_drawn_composition(workshop: Any) -> None:
    document = workshop.document(
        workshop.precomp("Card", "card", w=9000, h=9000),
        assets=[
            {"id": "card", "w": 9000, "h": 9000, "layers": [workshop.solid("Ground", "#ff0000")]}
        ],
    )
    assert workshop.still(document)[30, 50].tolist() == RED
    with pytest.raises(LimitExceeded, match="card"):
        workshop.still(document, composition="card")
