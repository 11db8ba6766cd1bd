"""Functions that move layers in time and change how long things last."""

from dataclasses import replace
from typing import Any

import pytest

from reelbatch.models.errors import AssetInvalid, LimitExceeded, RenderError

FRAME = 1 / 30  # seconds


@pytest.fixture
def box(workshop: Any) -> Any:
    """Twelve frames in which a box of 20x20, visible from 2 to 8, moves by 10 pixels per frame."""
    layer = workshop.solid("Box", "#0000ff", w=20, h=20, ip=2, op=8)
    ease = {"i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}}
    path = [{"t": 2, "s": [0, 0, 0], **ease}, {"t": 8, "s": [60, 0, 0]}]
    layer["ks"]["p"] = {"a": 1, "k": path}
    return workshop.document(layer, op=12)


def places(workshop: Any, document: Any, *assets: Any, **settings: Any) -> list[int | None]:
    """The left edge of the box in each frame, in tens of pixels; None if it is not visible."""
    film = workshop.film(document, "video_prores_4444", assets=assets, **settings)
    edges = [[x for x in range(0, 100, 10) if frame[10, x + 5, 3] > 127] for frame in film]
    return [edge[0] // 10 if edge else None for edge in edges]


@pytest.mark.parametrize("name", ["start", "startTime", "time", "value", "seconds"])
def test_a_layer_moves_in_time_with_its_keyframes(workshop: Any, box: Any, name: str) -> None:
    assert places(workshop, box) == [*[None] * 2, 0, 1, 2, 3, 4, 5, *[None] * 4]
    later = workshop.call("nx:layer-start-set", "Box", **{name: 5 * FRAME})
    assert places(workshop, box, later) == [*[None] * 5, 0, 1, 2, 3, 4, 5, None]


def test_a_layers_start_counts_from_the_compositions_first_frame(workshop: Any, box: Any) -> None:
    box.update(ip=2, op=12)
    start = workshop.call("nx-layer-start-set", "Box", time="0.1")
    assert places(workshop, box, start) == [None] * 3 + [0, 1, 2, 3, 4, 5, None]


def test_text_that_changes_moves_in_time_too(workshop: Any) -> None:
    layer = workshop.text("Words", "")
    first = layer["t"]["d"]["k"][0]
    layer["t"]["d"]["k"] += [{"t": 2, "s": {**first["s"], "t": "H"}}]
    document = workshop.document(layer)
    later = workshop.call("nx:layer-start-set", "Words", start=2 * FRAME)
    seen = [workshop.still(document, later, frame=frame)[..., 3].any() for frame in (2, 4)]
    assert seen == [False, True]


def test_a_layer_lasts_as_long_as_requested(workshop: Any, box: Any) -> None:
    change = workshop.call("nx:layer-duration-set", ["Box"], duration=3 * FRAME)
    assert places(workshop, box, change) == [None] * 2 + [0, 1, 2] + [None] * 7
    change = workshop.call("nx:layer-duration-set", "Box", duration=100)
    assert places(workshop, box, change) == [None] * 2 + [0, 1, 2, 3, 4, 5, 6, 6, 6, 6]


def lasting(workshop: Any, frames: int, **settings: Any) -> Any:
    return workshop.asset(
        type="function",
        name="nx:comp-duration-set",
        params={"duration": frames * FRAME},
        **settings,
    )


def test_a_composition_gets_shorter_and_longer(workshop: Any, box: Any) -> None:
    assert places(workshop, box, lasting(workshop, 4)) == [None, None, 0, 1]
    box["layers"].append(workshop.solid("Ground", "#ffffff", y=40, op=12))
    film = workshop.film(box, "video_prores_4444", assets=[lasting(workshop, 15)])
    assert len(film) == 15
    assert [frame[50, 50, 3] > 127 for frame in film] == [True] * 15
    assert not film[13][10].any()  # layers that ended earlier still do


def test_frames_of_a_longer_composition_can_be_rendered_by_number(workshop: Any, box: Any) -> None:
    film = places(workshop, box, lasting(workshop, 20), frame=6, end=16)
    assert film == [4, 5, *[None] * 8]
    with pytest.raises(RenderError, match="which has 4"):
        places(workshop, box, lasting(workshop, 4), frame=2, end=8)


def test_a_precomposition_that_is_rendered_gets_its_own_length(workshop: Any) -> None:
    inner = {"id": "comp_0", "nm": "Card", "layers": [workshop.solid("Ground", "#0000ff", op=3)]}
    document = workshop.document(workshop.precomp("Use", "comp_0"), assets=[inner])
    _, rendered = workshop.render(
        document, "video_gif", composition="Card", assets=[lasting(workshop, 9)]
    )
    assert rendered.frames == 9


def test_a_composition_that_gets_too_long_is_refused(workshop: Any, box: Any) -> None:
    workshop.limits = replace(workshop.limits, frames=100)
    with pytest.raises(LimitExceeded, match="asks for 101 frames; this server renders at most 100"):
        workshop.still(box, lasting(workshop, 101))


@pytest.mark.parametrize(
    ("function", "params", "message"),
    [
        (
            "nx:layer-start-set",
            {},
            "needs a number of seconds in start or startTime or time or value",
        ),
        ("nx:layer-start-set", {"start": "soon"}, "'soon' is not a number"),
        (
            "nx:layer-duration-set",
            {"length": 1},
            "needs a number of seconds in duration or time or value",
        ),
        ("nx:layer-duration-set", {"duration": -1}, "not between 0 and"),
        ("nx:comp-duration-set", {"duration": 0}, "needs more than 0 seconds"),
        ("nx:comp-duration-set", {"duration": 1e9}, "not between 0 and"),
    ],
)
def test_a_time_that_cannot_be_set_is_refused(
    workshop: Any, box: Any, function: str, params: Any, message: str
) -> None:
    with pytest.raises(AssetInvalid, match=message):
        workshop.still(box, workshop.call(function, "Box", **params))
