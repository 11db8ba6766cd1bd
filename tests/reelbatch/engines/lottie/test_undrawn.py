"""Warnings about what will not be drawn as designed."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reelbatch.engines.lottie import undrawn
from reelbatch.models.wire.warnings import MAX_PER_CODE, RenderWarning, bounded

Json = dict[str, Any]
LOOP = "var $bm_rt;\n$bm_rt = loopOut('cycle');"
MOVING = [{"t": 0, "s": [0]}, {"t": 3, "s": [90]}]
SQUARE = {"v": [[0, 0], [9, 0], [9, 9]], "i": [[0, 0]] * 3, "o": [[0, 0]] * 3, "c": True}


def still(value: Any) -> Json:
    return {"a": 0, "k": value}


def turned(layer: Json, **properties: Any) -> Json:
    return {**layer, "ks": layer["ks"] | properties}


def effect(kind: int, *values: float) -> Json:
    return {"ty": kind, "en": 1, "ef": [{"v": still(value)} for value in values]}


def masks(*chain: Json) -> list[Json]:
    return [{"pt": still(SQUARE), "o": still(100), "inv": False} | mask for mask in chain]


def text(workshop: Any, animator: Json | None = None, **style: Any) -> Json:
    layer = workshop.text("Headline", "Hi", **style)
    layer["t"]["a"] = [animator] if animator else []
    return layer


def shapes(workshop: Any, *items: Json, **fields: Any) -> Json:
    return workshop.shape("Shapes", *items, **fields)


NOT_DRAWN: dict[str, tuple[str, Callable[[Any], Json]]] = {
    "a camera": ("CAMERA_NOT_DRAWN", lambda w: w.layer(13, "Camera")),
    "a light": ("LAYER_NOT_DRAWN", lambda w: w.layer(14, "Light")),
    "the template's own video": ("LAYER_NOT_DRAWN", lambda w: w.layer(9, "Film")),
    "a layer nearer than the canvas": (
        "LAYER_IN_3D",
        lambda w: turned(w.solid("Sky", "#0000ff", ddd=1), p=still([0, 0, -200])),
    ),
    "a layer that rotates about x": (
        "LAYER_IN_3D",
        lambda w: {
            **w.solid("Sky", "#0000ff"),
            "ks": {"rx": {"a": 1, "k": MOVING}, "p": still([0, 0, 0])},
        },
    ),
    "a zig-zag on an ellipse": (
        "SHAPE_NOT_DRAWN",
        lambda w: shapes(w, {"ty": "el"}, {"ty": "zz", "s": still(4), "r": still(3)}),
    ),
    "an animated zig-zag": (
        "SHAPE_NOT_DRAWN",
        lambda w: shapes(w, {"ty": "zz", "s": {"a": 1, "k": MOVING}, "r": still(3)}),
    ),
    "an effect": (
        "EFFECT_NOT_DRAWN",
        lambda w: w.solid("Sky", "#0000ff", ef=[{"ty": 24, "nm": "Levels", "ef": []}]),
    ),
    "an effect without its own type": (
        "EFFECT_NOT_DRAWN",
        lambda w: w.solid("Sky", "#0000ff", ef=[{"ty": 5, "nm": "B", "mn": "ADBE Bulge"}]),
    ),
    "a shadow without its layer": (
        "EFFECT_NOT_DRAWN",
        lambda w: w.solid("Sky", "#00f", ef=[effect(25, 0, 255, 90, 5, 0, 1)]),
    ),
    "a filled mask": (
        "EFFECT_NOT_DRAWN",
        lambda w: w.solid(
            "Sky", "#00f", ef=[effect(21, 1, 0)], masksProperties=masks({"mode": "a"})
        ),
    ),
    "layer styles": ("LAYER_STYLES_NOT_DRAWN", lambda w: w.solid("Sky", "#00f", sy=[{"ty": 1}])),
    "masks that cannot be ordered": (
        "MASKS_OUT_OF_ORDER",
        lambda w: w.solid(
            "Sky",
            "#00f",
            masksProperties=masks({"mode": "s", "o": still(50)}, {"mode": "a", "o": still(70)}),
        ),
    ),
    "a feathered mask": (
        "MASK_FEATHER_NOT_DRAWN",
        lambda w: w.solid("Sky", "#00f", masksProperties=masks({"mode": "a", "f": still([8, 8])})),
    ),
    "a blend mode of a fill": (
        "BLEND_MODE_WEAK",
        lambda w: shapes(w, w.rectangle(0, 0, 9, 9), w.fill(1, 0, 0) | {"bm": 15}),
    ),
    "a twist": ("SHAPE_NOT_DRAWN", lambda w: shapes(w, w.rectangle(0, 0, 9, 9), {"ty": "tw"})),
    "corners that are rounded before a trim": (
        "SHAPE_NOT_DRAWN",
        lambda w: shapes(w, w.rectangle(0, 0, 9, 9), {"ty": "rd", "r": still(2)}, {"ty": "tm"}),
    ),
    "merge paths": ("PATHS_NOT_MERGED", lambda w: shapes(w, {"ty": "mm", "mm": 4})),
    "paths that are trimmed individually": (
        "TRIM_PATHS_TOGETHER",
        lambda w: {
            **w.layer(4, "Shapes"),
            "shapes": [*[{"ty": "sh", "ks": still(SQUARE)}] * 2, {"ty": "tm", "m": 2}],
        },
    ),
    "letters that rotate": ("LETTERS_IN_3D", lambda w: text(w, {"a": {"rx": still(40)}})),
    "a wiggly selector": ("SELECTOR_NOT_DRAWN", lambda w: text(w, {"s": {"t": 1}, "a": {}})),
    "a missing picture": (
        "MISSING_PICTURE",
        lambda w: w.layer(2, "Photo", refId="photo"),
    ),
    "a missing sound": ("MISSING_SOUND", lambda w: w.layer(6, "Song", refId="song")),
}
ASSETS = [
    {"id": "photo", "w": 9, "h": 9, "u": "images/", "p": "photo.png", "e": 0},
    {"id": "song", "u": "audio/", "p": "song.mp3", "e": 0},
]


@pytest.mark.unconfined
def test_expressions_cause_a_warning_if_renders_are_not_confined(workshop: Any) -> None:
    turning = still(0) | {"x": "var $bm_rt = time * 9;"}
    layer = turned(workshop.solid("Sky", "#00f"), r=turning)
    [warning] = workshop.inspect(workshop.document(layer)).warnings
    assert (warning.code, warning.layer) == ("EXPRESSIONS_OFF", "Sky")


def test_expressions_that_run_cause_no_warning(workshop: Any) -> None:
    turning = still(0) | {"x": "var $bm_rt = time * 9;"}
    layer = turned(workshop.solid("Sky", "#00f"), r=turning)
    assert workshop.inspect(workshop.document(layer)).warnings == []


@pytest.mark.parametrize("what", NOT_DRAWN)
def test_a_warning_names_what_is_not_drawn_and_its_layer(workshop: Any, what: str) -> None:
    code, layer = NOT_DRAWN[what]
    made = layer(workshop)
    [warning] = workshop.inspect(workshop.document(made, assets=ASSETS)).warnings
    assert (warning.code, warning.layer) == (code, made["nm"])
    assert warning.composition == "Main"
    assert warning.message


def test_an_unreadable_font_file_causes_a_warning(workshop: Any) -> None:
    files = {"data.json": workshop.document(workshop.text("A", "a")), "fonts/A.woff2": b"wOF2"}
    [warning] = workshop.inspect(workshop.archive(files)).warnings
    assert (warning.code, warning.layer) == ("FONT_NOT_READ", None)
    assert "A.woff2" in warning.message


def test_every_warning_code_of_an_inspection_is_tested() -> None:
    used = re.findall(r"WarningCode\.(\w+)", Path(undrawn.__file__).read_text())
    tried = {code for code, _ in NOT_DRAWN.values()} | {"FONT_NOT_READ", "EXPRESSIONS_OFF"}
    assert tried == set(used)


def test_what_is_drawn_causes_no_warning(workshop: Any) -> None:
    control: Json = {"ty": 5, "nm": "Speed", "mn": "ADBE Slider Control", "ef": []}
    document = workshop.document(
        workshop.text("Headline", "Hi"),
        turned(
            workshop.solid("Sky", "#0000ff", ef=[control, {"ty": 29}, {"ty": 24, "en": 0}], bm=3),
            r={"a": 1, "k": MOVING, "x": LOOP},
        ),
        workshop.solid("Flat", "#0000ff", ddd=1, masksProperties=masks({"mode": "a"})),
        shapes(workshop, {"ty": "mm", "mm": 1}, {"ty": "rd", "r": still(4)}),
        workshop.layer(13, "Hidden camera", hd=True),
        workshop.layer(3, "Null"),
        workshop.solid("Tinted", "#0000ff", bm=14),
    )
    assert workshop.inspect(document).warnings == []


def test_a_blend_mode_is_too_weak_in_a_precomposition_that_is_blurred_as_a_whole(
    workshop: Any,
) -> None:
    """This holds at any depth inside it."""
    deep = {"id": "d", "nm": "Deep", "layers": [workshop.solid("Tinted", "#0000ff", bm=14)]}
    comp = {"id": "c", "nm": "Card", "layers": [workshop.precomp("Deep", "d")]}
    card = workshop.precomp("Card", "c")
    document = workshop.document(card, assets=[comp, deep])
    assert workshop.inspect(document).warnings == []
    card["ef"] = [{"ty": 29, "en": 1, "ef": [{"ty": 0, "v": still(9)}]}]
    [warning] = workshop.inspect(document).warnings
    assert (warning.code, warning.layer) == ("BLEND_MODE_WEAK", "Tinted")
    assert warning.composition == "Deep"


NONSENSE: list[Any] = [None, [], {}, "x", -1, [{}], {"k": [{}]}, {"k": {"k": []}}]
KEYS = ("ty", "en", "bm", "sy", "mm", "m", "hd", "ddd", "refId", "x", "mode", "pt", "f", "inv")


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_does_not_stop_the_inspection(workshop: Any, nonsense: Any) -> None:
    odd = dict.fromkeys(KEYS, nonsense)
    animator = odd | {"a": odd | {"rx": nonsense}, "s": nonsense}
    layer = text(workshop, animator, j=nonsense, sz=nonsense) | {
        "ef": [odd, nonsense],
        "shapes": [odd, {"ty": "gr", "it": [odd]}],
        "masksProperties": [odd, odd],
        "sy": nonsense,
        "bm": nonsense,
        "ddd": 1,
        "ks": dict.fromkeys("pr", nonsense),
    }
    document = workshop.document(layer, workshop.layer(2, "Photo", refId="photo") | odd)
    asset = {"id": "photo", "p": nonsense, "u": nonsense}
    assert workshop.inspect(document | {"assets": [asset]}).compositions


def test_hundreds_of_warnings_are_shortened_and_counted(workshop: Any) -> None:
    lights = [workshop.layer(14, f"Light {n}") for n in range(300)]
    warnings = workshop.inspect(workshop.document(*lights, workshop.layer(13, "Eye"))).warnings
    assert len(warnings) == MAX_PER_CODE + 2
    assert [each.layer for each in warnings[:2]] == ["Light 0", "Light 1"]
    assert warnings[MAX_PER_CODE].message == f"{300 - MAX_PER_CODE} more like these"
    assert warnings[-1].code == "CAMERA_NOT_DRAWN"


def test_duplicate_warnings_are_dropped_and_long_ones_cut() -> None:
    long = RenderWarning(code="SMELL", message="x" * 10_000, layer="y" * 10_000)
    [cut] = bounded([long, long])
    assert len(cut.message) < 1000
    assert len(cut.layer or "") < 1000


def test_layers_are_described_as_shown_or_hidden(workshop: Any) -> None:
    document = workshop.document(
        workshop.text("Headline", "Hi"), workshop.solid("Note", "#ff0000", hd=True)
    )
    shown = {layer.name: layer.shown for layer in workshop.inspect(document).layers}
    assert shown == {"Headline": True, "Note": False}


def test_a_trim_over_groups_of_one_path_causes_no_warning(workshop: Any) -> None:
    layer = shapes(workshop, {"ty": "sh", "ks": still(SQUARE)})
    layer["shapes"] += [*shapes(workshop, {"ty": "sh", "ks": still(SQUARE)})["shapes"]]
    layer["shapes"].append({"ty": "tm", "m": 2, "s": still(0), "e": still(50), "o": still(0)})
    assert workshop.inspect(workshop.document(layer)).warnings == []
