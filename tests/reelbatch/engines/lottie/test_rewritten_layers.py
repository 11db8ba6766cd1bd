"""Layers that are rewritten so that ThorVG draws them like lottie-web."""

import base64
from typing import Any

import numpy as np
import pytest

RED = "#ff0000"


def effect(kind: int, *values: Any) -> Any:
    controls = [{"ty": 0, "v": {"a": 0, "k": value}} for value in values]
    return {"ty": kind, "en": 1, "ef": controls}


def box_of(alpha: Any) -> tuple[int, ...]:
    rows, columns = (np.flatnonzero((alpha >= 64).any(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def test_the_effect_transform_moves_its_layer_but_not_its_children(workshop: Any) -> None:
    turned = effect(35, [50, 30], [60, 25], 1, 50, 100, 0, 0, 90, 50)
    layer = workshop.solid("Ground", RED, ef=[turned])
    child = workshop.solid("Child", "#0000ff", w=5, h=5, parent=2)
    drawn = workshop.still(workshop.document(child, layer))
    assert drawn[2, 2].tolist() == [0, 0, 255, 255]
    reds = np.where(drawn[..., 0] == 255, drawn[..., 3], 0)
    assert box_of(reds) == (45, 0, 74, 49)
    assert reds.max() in (127, 128)


def test_the_effect_transform_rotates_before_it_skews(workshop: Any) -> None:
    """The axis is rotated by another 90 degrees, as in lottie-web."""
    skewed = effect(35, [0, 0], [50, 30], 1, 50, 100, 45, 0, 90, 100)
    drawn = workshop.still(workshop.document(workshop.solid("Ground", RED, w=40, ef=[skewed])))
    tops = [int(np.flatnonzero(drawn[:, x, 3] >= 128)[0]) for x in (25, 35, 45)]
    assert tops == pytest.approx([5, 15, 25], abs=1)


def test_layers_of_a_precomposition_do_not_blend_with_what_is_below_it(workshop: Any) -> None:
    inner = [
        workshop.solid("Grey", "#808080", bm=1),
        workshop.solid("Yellow", "#ffff00", w=50),
    ]
    document = workshop.document(
        workshop.precomp("Shown", "inner"),
        workshop.solid("Ground", RED),
        assets=[{"id": "inner", "layers": inner}],
    )
    drawn = workshop.still(document)
    found = drawn[30, [25, 75], :3].astype(int)
    assert np.abs(found - [[128, 128, 0], [128, 128, 128]]).max() <= 1, found


@pytest.mark.parametrize(("matte", "is_seen"), [(1, False), (3, False), (2, True), (4, True)])
def test_a_layer_with_a_hidden_matte_is_drawn_as_in_lottie_web(
    workshop: Any, matte: int, is_seen: bool
) -> None:
    window = workshop.solid("Window", "#ffffff", w=50, td=1, hd=True)
    layer = workshop.solid("Ground", RED, tt=matte)
    drawn = workshop.still(workshop.document(window, layer))
    assert bool(drawn[..., 3].any()) is is_seen


def test_a_partial_copy_is_drawn_whole(workshop: Any) -> None:
    transform = {"ty": "tr", **workshop.layer(3, "")["ks"], "p": {"a": 0, "k": [30, 0]}}
    repeater: Any = {"ty": "rp", "c": {"a": 0, "k": 2.2}, "o": {"a": 0, "k": 0}, "m": 1}
    layer = workshop.shape("Bars", workshop.rectangle(0, 0, 20, 60), workshop.fill(1, 0, 0))
    layer["shapes"].append(repeater | {"tr": transform})
    drawn = workshop.still(workshop.document(layer))
    assert [int(drawn[30, x, 3]) for x in (10, 40, 70, 99)] == [255, 255, 255, 0]


def test_a_blurred_picture_reaches_beyond_its_box(workshop: Any) -> None:
    content = base64.b64encode(workshop.picture((255, 0, 0), (20, 20))).decode()
    picture = {"id": "photo", "w": 20, "h": 20, "e": 1, "p": f"data:image/png;base64,{content}"}
    layer = workshop.layer(2, "Photo", x=30, y=10, refId="photo", ef=[effect(29, 20, 1, 0)])
    layer["ks"]["s"]["k"] = [200, 200, 100]
    drawn = workshop.still(workshop.document(layer, assets=[picture]))
    assert 64 < drawn[30, 28, 3] < drawn[30, 32, 3] < 192


def test_a_shadow_fades_with_its_layer_and_does_not_show_through_it(workshop: Any) -> None:
    """The layer also keeps its parent and children."""
    shadow = effect(25, [0, 0, 0, 1], 255, 90, 20, 0, 0)
    layer = workshop.solid("Ground", RED, w=40, h=40, ef=[shadow], parent=3)
    layer["ks"]["o"]["k"] = 50
    child = workshop.solid("Child", "#0000ff", w=5, h=5, parent=2)
    parent = workshop.layer(3, "Null")
    parent["ks"] = {"p": {"a": 0, "k": [10, 0, 0]}}
    drawn = workshop.still(workshop.document(child, layer, parent))
    assert drawn[2, 12].tolist() == [0, 0, 255, 255]
    assert drawn[10, 5, 3] == 0
    assert [drawn[20, x, 0] for x in (20, 40, 60)] == [255, 255, 0]
    assert [drawn[20, x, 3] for x in (20, 40, 60)] == pytest.approx([127] * 3, abs=3)
