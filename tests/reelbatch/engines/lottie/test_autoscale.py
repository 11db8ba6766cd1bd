"""Text that is scaled to fit its box or the composition."""

from typing import Any

import numpy as np
import pytest

from reelbatch.models.errors import AssetInvalid


def ink(picture: Any) -> tuple[int, int, int, int]:
    """The first and last column, and the first and last row, that have ink."""
    seen = picture[..., 3] > 127
    across, down = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    return int(across[0]), int(across[-1]), int(down[0]), int(down[-1])


def fitted(workshop: Any, layer: Any, **bounds: Any) -> Any:
    document = workshop.document(layer)
    change = workshop.call("nx:layer-autoscale", "Words", **bounds)
    return ink(workshop.still(document, change))


def test_text_is_shrunk_to_its_box_and_keeps_its_corner(workshop: Any) -> None:
    layer = workshop.text("Words", "HHHHHHHH", s=30, lh=36, sz=[80, 36], ps=[0, -30])
    plain = ink(workshop.still(workshop.document(layer)))
    left, right, top, _ = fitted(workshop, layer)
    assert (left, top) == pytest.approx((plain[0], plain[2]), abs=1)
    assert 75 <= right <= 85


def test_text_that_wraps_is_shrunk_until_its_lines_fit_the_height(workshop: Any) -> None:
    layer = workshop.text("Words", "HH HH HH HH HH HH", s=30, lh=32, sz=[90, 40], ps=[0, -30])
    left, right, top, bottom = fitted(workshop, layer)
    assert (left <= 8, right <= 95) == (True, True)
    assert (top >= 10, bottom <= 50) == (True, True)
    assert bottom - top > 20  # no smaller than necessary


def test_text_that_fits_stays_as_it_is_unless_it_may_grow(workshop: Any) -> None:
    layer = workshop.text("Words", "HH", s=12, lh=14, sz=[80, 50], ps=[0, -30])
    plain = ink(workshop.still(workshop.document(layer)))
    assert fitted(workshop, layer) == plain
    grown = fitted(workshop, layer, maxFontSize=24)
    assert grown[1] - grown[0] == pytest.approx(2 * (plain[1] - plain[0]), abs=2)
    widest = fitted(workshop, layer, maxFontSize="500")
    assert 70 <= widest[1] <= 85


def test_text_is_not_shrunk_below_its_smallest_size(workshop: Any) -> None:
    layer = workshop.text("Words", "HHHHHHHH", s=30, lh=36, sz=[20, 36], ps=[0, -30])
    smallest = fitted(workshop, layer, minFontSize=20)
    assert smallest[3] - smallest[2] >= 14


@pytest.mark.parametrize("justification", [0, 1, 2])
def test_text_without_a_box_is_shrunk_to_the_compositions_width(
    workshop: Any, justification: int
) -> None:
    layer = workshop.text("Words", "HHHHHHHHHHHH", s=30, j=justification)
    layer["ks"]["p"]["k"] = [[5, 40, 0], [95, 40, 0], [50, 40, 0]][justification]
    left, right, _, bottom = fitted(workshop, layer)
    assert (left >= 4, right <= 96) == (True, True)
    assert right - left > 80
    assert bottom == 39  # the baseline stays


def test_words_that_are_set_later_are_fitted(workshop: Any) -> None:
    layer = workshop.text("Words", "H", s=30, lh=36, sz=[80, 36], ps=[0, -30])
    change = workshop.call("nx:layer-autoscale", ["Words"])
    words = workshop.asset(type="text", layerName="Words", value="HHHHHHHH")
    drawn = workshop.still(workshop.document(layer), change, words)
    assert 75 <= ink(drawn)[1] <= 85


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"maxFontSize": "large"}, "'large' is not a number"),
        ({"maxFontSize": 10, "minFontSize": 20}, "maxFontSize of at least its minFontSize"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(workshop: Any, params: Any, message: str) -> None:
    with pytest.raises(AssetInvalid, match=message):
        fitted(workshop, workshop.text("Words", "A"), **params)


def test_a_layer_without_text_is_refused(workshop: Any) -> None:
    with pytest.raises(AssetInvalid, match="A layer of type solid has no text"):
        fitted(workshop, workshop.solid("Words", "#ff0000"))


def test_text_that_does_not_fit_its_box_causes_a_warning(workshop: Any) -> None:
    boxed = workshop.text("Boxed", "H", s=30, lh=36, sz=[80, 36], ps=[0, -30])
    document = workshop.document(boxed, workshop.text("Free", "H", s=30))

    def warnings(boxed: str, *more: Any) -> list[tuple[str, str]]:
        words = (("Boxed", boxed), ("Free", 20 * "H"))
        texts = [workshop.asset(type="text", layerName=name, value=text) for name, text in words]
        _, rendered = workshop.render(document, assets=[*texts, *more])
        return [(warning.code, warning.layer) for warning in rendered.warnings]

    assert warnings("HH") == []
    assert warnings(8 * "H") == [("TEXT_OVERFLOWS", "Boxed")]
    assert warnings(8 * "H", workshop.call("nx:layer-autoscale", "Boxed")) == []
