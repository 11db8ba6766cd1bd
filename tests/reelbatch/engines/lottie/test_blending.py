"""Blend modes that ThorVG lacks: soft light, hue, saturation, colour and luminosity."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from reelbatch.engines.lottie.drawing import Drawing
from reelbatch.engines.lottie.sheets import sheets_of

SKY, SAND = "#3380cc", "#e69933"
SOFT_LIGHT, HUE, SATURATION, COLOUR, LUMINOSITY = 9, 12, 13, 14, 15
MULTIPLY = 1
# sand on sky, according to the formulas of W3C Compositing and Blending
MIXED = {
    SOFT_LIGHT: [102, 139, 180],
    HUE: [168, 103, 15],
    SATURATION: [41, 130, 219],
    COLOUR: [177, 101, 0],
    LUMINOSITY: [103, 179, 255],
}


def differs(pixel: Any, expected: list[int]) -> int:
    return int(np.abs(pixel[:3].astype(int) - expected).max())


@pytest.mark.parametrize("mode", MIXED)
def test_a_layer_is_blended_by_the_formula_in_every_frame(workshop: Any, mode: int) -> None:
    document = workshop.document(
        workshop.solid("Sand", SAND, w=50, bm=mode, op=4), workshop.solid("Sky", SKY)
    )
    film = workshop.film(document, "video_prores_4444")
    for drawn in film[:4]:
        assert differs(drawn[30, 25], MIXED[mode]) <= 3
        assert differs(drawn[30, 75], [0x33, 0x80, 0xCC]) <= 3
    assert differs(film[5][30, 25], [0x33, 0x80, 0xCC]) <= 3


def test_a_blended_layer_keeps_its_colour_over_nothing_and_its_opacity(workshop: Any) -> None:
    sand = workshop.solid("Sand", SAND, bm=HUE)
    sand["ks"]["o"]["k"] = 50
    drawn = workshop.still(workshop.document(sand, workshop.solid("Sky", SKY, w=50)))
    halfway = [(a + b) // 2 for a, b in zip(MIXED[HUE], (0x33, 0x80, 0xCC), strict=True)]
    assert differs(drawn[30, 25], halfway) <= 2
    assert drawn[30, 25, 3] == 255
    assert differs(drawn[30, 75], [0xE6, 0x99, 0x33]) <= 2
    assert drawn[30, 75, 3] in (127, 128)


def test_layers_above_blend_with_the_blended_result(workshop: Any) -> None:
    document = workshop.document(
        workshop.solid("Shade", "#808080", w=50, bm=MULTIPLY),
        workshop.solid("Sand", SAND, bm=COLOUR),
        workshop.solid("Grey", "#808080", w=75, bm=SATURATION),
        workshop.solid("Sky", SKY),
    )
    drawn = workshop.still(document)
    assert differs(drawn[30, 90], MIXED[COLOUR]) <= 2
    assert differs(drawn[30, 25], [channel // 2 for channel in drawn[30, 60, :3]]) <= 2


def test_a_blended_layer_keeps_its_parent_and_matte(workshop: Any) -> None:
    window = workshop.solid("Window", "#ffffff", x=20, y=20, w=20, h=20, td=1)
    sand = workshop.solid("Sand", SAND, x=-50, tt=1, bm=HUE, parent=3)
    place = workshop.solid("Place", "#000000", x=50, w=5, h=5)
    grey = workshop.solid("Grey", "#808080", x=-20, tt=1, tp=1, parent=3)
    drawn = workshop.still(workshop.document(window, sand, place, grey, workshop.solid("Sky", SKY)))
    assert differs(drawn[30, 75], [0x33, 0x80, 0xCC]) == 0  # outside the window
    assert differs(drawn[2, 52], [0, 0, 0]) <= 1  # the parent itself is drawn
    assert differs(drawn[30, 25], MIXED[HUE]) <= 2
    assert differs(drawn[30, 35], [0x80, 0x80, 0x80]) <= 2  # grey keeps no hue


@pytest.mark.parametrize("mode", MIXED)
def test_a_layer_in_a_precomposition_blends_with_what_is_below_it_inside(
    workshop: Any, mode: int
) -> None:
    inner = [workshop.solid("Sand", SAND, w=60, bm=mode), workshop.solid("Sky", SKY, w=30)]
    shown = workshop.precomp("Shown", "inner")
    document = workshop.document(
        workshop.solid("Bar", "#000000", y=50, h=10),
        shown,
        workshop.solid("Grey", "#808080"),
        assets=[{"id": "inner", "layers": inner}],
    )
    drawn = workshop.still(document)
    assert differs(drawn[20, 15], MIXED[mode]) <= 2
    assert differs(drawn[20, 45], [0xE6, 0x99, 0x33]) <= 2  # nothing is below it inside
    assert differs(drawn[20, 80], [0x80, 0x80, 0x80]) <= 1
    assert differs(drawn[55, 15], [0, 0, 0]) <= 1


def test_the_layer_that_shows_a_precomposition_keeps_its_opacity_mask_matte_and_place(
    workshop: Any,
) -> None:
    inner = [workshop.solid("Sand", SAND, bm=HUE), workshop.solid("Sky", SKY)]
    square = {"i": [[0, 0]] * 4, "o": [[0, 0]] * 4, "c": True}
    square["v"] = [[0, 0], [50, 0], [50, 60], [0, 60]]
    mask = {"mode": "a", "inv": False, "pt": {"a": 0, "k": square}, "o": {"a": 0, "k": 100}}
    half = workshop.precomp("Half", "inner", x=10, masksProperties=[mask], hasMask=True, tt=1)
    half["ks"]["o"]["k"] = 50
    window = workshop.solid("Window", "#ffffff", y=30, h=30, td=1)
    document = workshop.document(
        window,
        half,
        workshop.solid("White", "#ffffff"),
        assets=[
            {"id": "middle", "layers": [workshop.precomp("Inside", "inner")]},
            {"id": "inner", "layers": inner},
        ],
    )
    halfway = [(channel + 255) // 2 for channel in MIXED[HUE]]
    direct = workshop.still(document)
    half["refId"] = "middle"
    for drawn in (direct, workshop.still(document)):
        assert differs(drawn[45, 30], halfway) <= 2
        for outside in (drawn[15, 30], drawn[45, 5], drawn[45, 70]):
            assert differs(outside, [255, 255, 255]) <= 1


def test_a_precomposition_with_blending_is_itself_blended(workshop: Any) -> None:
    inner = [workshop.solid("Grey", "#808080", bm=SATURATION), workshop.solid("Sand", SAND)]
    plain = workshop.document(workshop.precomp("Shown", "inner", bm=LUMINOSITY))
    plain["assets"] = [{"id": "inner", "layers": inner}]
    grey = workshop.still(plain)[30, 50, :3].tolist()
    assert max(grey) - min(grey) <= 2  # sand without its saturation
    plain["layers"] += [workshop.solid("Sky", SKY) | {"ind": 9}]
    drawn = workshop.still(plain)[30, 50, :3].astype(int)
    weights = np.array([0.3, 0.59, 0.11])
    assert abs(drawn @ weights - np.array(grey) @ weights) <= 4
    assert drawn[2] - drawn[0] > 60  # the sky's own blue


def _groups(workshop: Any, *, separate: int, nested: int) -> Any:
    """Precompositions that are drawn separately, next to and inside each other."""
    inner = [workshop.solid("Sand", SAND, bm=HUE), workshop.solid("Sky", SKY)]
    assets = [{"id": "0", "layers": inner}]
    for level in range(1, nested):
        shown = workshop.precomp(f"Level {level}", f"{level - 1}")
        assets.append({"id": f"{level}", "nm": f"Comp {level}", "layers": [shown]})
    shown = [workshop.precomp(f"Shown {n}", f"{nested - 1}") for n in range(separate)]
    return workshop.document(*shown, assets=assets)


@pytest.mark.parametrize(("separate", "nested"), [(12, 1), (1, 16)])
def test_many_precompositions_take_the_memory_of_a_few_frames(
    workshop: Any, separate: int, nested: int
) -> None:
    sheets = sheets_of(_groups(workshop, separate=separate, nested=nested))
    width, height = 1000, 600
    tracemalloc.start()
    Drawing(sheets, width, height, background=None)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 7 * width * height * 4


def test_blending_that_is_nested_too_deeply_is_weaker_and_causes_a_warning(
    workshop: Any,
) -> None:
    for nested in (4, 5):
        document = _groups(workshop, separate=1, nested=nested)
        warnings = [warning.code for warning in workshop.inspect(document).warnings]
        assert warnings == ["BLEND_MODE_WEAK"] * (nested > 4)
        assert (differs(workshop.still(document)[30, 50], MIXED[HUE]) > 5) is (nested > 4)
