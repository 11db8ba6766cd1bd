"""Documents that ThorVG draws incorrectly are rewritten to look as in lottie-web."""

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

RED = [255, 0, 0, 255]
BLUE = [0, 0, 255, 255]
CLEAR = [0, 0, 0, 0]
Box = tuple[int, int, int, int]


def box_of(drawn: Any) -> Box:
    ys, xs = (drawn[..., 3] >= 128).nonzero()
    return int(xs.min()), int(ys.min()), int(xs.max()), int(ys.max())


def eased(start: list[float], end: list[float], *, frames: int = 5, **handles: Any) -> Any:
    straight = {"o": {"x": [0], "y": [0]}, "i": {"x": [1], "y": [1]}}
    return {"a": 1, "k": [{"t": 0, "s": start, **straight, **handles}, {"t": frames, "s": end}]}


# The first dimension changes at the very beginning, the second at the very end.
APART: dict[str, Any] = {
    "o": {"x": [0, 1], "y": [1, 0]},
    "i": {"x": [0, 1], "y": [1, 0]},
}


@pytest.mark.parametrize("property_", ["size", "scale", "position", "anchor"])
def test_each_dimension_has_its_own_easing(workshop: Any, property_: str) -> None:
    bar = workshop.rectangle(0, 0, 10, 10)
    layer = workshop.shape("Bar", bar, workshop.fill(1, 0, 0))
    if property_ == "size":
        bar["p"]["k"] = [50, 30]
        bar["s"] = eased([10, 10], [90, 50], **APART)
        expected = (6, 24, 93, 35)
    elif property_ == "scale":
        layer["ks"]["s"] = eased([100, 100, 100], [800, 500, 100], **APART)
        expected = (0, 0, 78, 11)
    elif property_ == "position":
        layer["ks"]["p"] = eased([0, 0, 0], [80, 50, 0], **APART)
        expected = (78, 1, 88, 11)
    else:
        layer["ks"]["a"] = eased([0, 0, 0], [-80, -50, 0], **APART)
        expected = (78, 1, 88, 11)
    box = box_of(workshop.still(workshop.document(layer), frame=3))
    assert np.abs(np.subtract(box, expected)).max() <= 2, box


def test_curves_that_differ_little_are_different(workshop: Any) -> None:
    """ThorVG confuses curves whose names begin with the same letters."""
    name = "0p833_0p833_0p167_0p167"
    quick: dict[str, Any] = {
        "o": {"x": [0.167], "y": [0.167]},
        "i": {"x": [0.833], "y": [0.833]},
        "n": name,
    }
    slow: dict[str, Any] = {
        "o": {"x": [0.9], "y": [0.1]},
        "i": {"x": [0.95], "y": [0.1]},
        "n": name + "x",
    }
    layers = [
        workshop.shape("Bar", workshop.rectangle(0, y, 10, 10), workshop.fill(1, 0, 0))
        for y in (0, 30)
    ]
    layers[0]["ks"]["p"] = eased([0, 0], [90, 0], **quick)
    layers[1]["ks"]["p"] = eased([0, 0], [90, 0], **slow)
    drawn = workshop.still(workshop.document(*layers), frame=3)
    assert box_of(drawn[:20])[0] > 50
    assert box_of(drawn[25:])[0] < 30


@pytest.mark.parametrize("kind", ["rectangle", "gradient", "solid", "moving", "growing"])
def test_edges_between_pixels_are_half_covered(workshop: Any, kind: str) -> None:
    bar = workshop.rectangle(20.5, 0, 40, 60)
    layer = workshop.shape("Bar", bar, workshop.fill(1, 0, 0))
    if kind == "gradient":
        stops = {"p": 2, "k": {"a": 0, "k": [0, 1, 0, 0, 1, 1, 0, 0]}}
        ends = {"s": {"a": 0, "k": [0, 0]}, "e": {"a": 0, "k": [100, 0]}}
        paint = {"ty": "gf", "o": {"a": 0, "k": 100}, "r": 1, "g": stops, "t": 1, **ends}
        layer["shapes"][0]["it"][1] = paint
    elif kind == "solid":
        layer = workshop.solid("Bar", "#ff0000", x=20.5, w=40)
    elif kind == "moving":
        bar["p"] = eased([38.5, 30], [43.5, 30])
    elif kind == "growing":
        bar["p"] = eased([38.5, 30], [43.5, 30])
        bar["s"] = eased([38, 60], [42, 60], frames=4)
    drawn = workshop.still(workshop.document(layer), frame=2)
    assert [abs(int(drawn[30, x, 3]) - 128) <= 10 for x in (20, 60)] == [True, True]
    assert [int(drawn[30, x, 3]) for x in (19, 21, 59, 61)] == [0, 255, 255, 0]


def mask(x: float, width: float, mode: str, **fields: Any) -> Any:
    corners = [[x, -10], [x + width, -10], [x + width, 70], [x, 70]]
    path = {"i": [[0, 0]] * 4, "o": [[0, 0]] * 4, "v": corners, "c": True}
    usual = {"o": {"a": 0, "k": 100}, "x": {"a": 0, "k": 0}, "inv": False}
    return {"mode": mode, "pt": {"a": 0, "k": path}, **usual, **fields}


@pytest.mark.parametrize(
    ("masks", "alphas"),
    [
        ([mask(0, 60, "s"), mask(20, 20, "a")], [0, 255, 0, 255, 255]),
        ([mask(0, 60, "a"), mask(20, 20, "s"), mask(20, 20, "a")], [255, 255, 255, 0, 0]),
        ([mask(0, 60, "a"), mask(20, 20, "i"), mask(60, 20, "a")], [0, 255, 0, 255, 0]),
        ([mask(20, 20, "i", inv=True)], [255, 0, 255, 255, 255]),
        ([mask(0, 40, "a"), mask(20, 40, "a", inv=True)], [255, 255, 0, 255, 255]),
        ([mask(0, 20, "s"), mask(40, 20, "s"), mask(40, 15, "a")], [0, 255, 255, 255, 255]),
        ([mask(0, 40, "s", o={"a": 0, "k": 50}), mask(0, 20, "a")], [255, 128, 255, 255, 255]),
        ([mask(0, 60, "a"), mask(20, 60, "f"), mask(0, 20, "s")], [0, 0, 0, 255, 0]),
    ],
)
def test_masks_are_applied_in_order(workshop: Any, masks: Any, alphas: list[int]) -> None:
    layer = workshop.solid("Ground", "#ff0000", masksProperties=masks, hasMask=True)
    drawn = workshop.still(workshop.document(layer))
    found = [int(drawn[30, x, 3]) for x in (5, 30, 50, 70, 90)]
    assert np.abs(np.subtract(found, alphas)).max() <= 2, found


@pytest.mark.parametrize("held", [True, False])
def test_a_time_remap_that_reaches_the_end_holds_the_last_frame(workshop: Any, held: bool) -> None:
    bar = workshop.solid("Bar", "#ff0000", w=10)
    bar["ks"]["p"] = eased([0, 0, 0], [60, 0, 0], frames=6)
    remap = eased([0], [6 / 30], frames=3) if held else {"a": 0, "k": 6 / 30}
    document = workshop.document(
        workshop.precomp("Card", "card", tm=remap), assets=[{"id": "card", "layers": [bar]}]
    )
    assert box_of(workshop.still(document, frame=5)) == (50, 0, 59, 59)
    if held:
        assert box_of(workshop.still(document, frame=1)) == (20, 0, 29, 59)


@pytest.mark.parametrize(("copies", "alphas"), [(3, [255, 128, 0]), (2, [255, 0, 0])])
def test_repeaters_fade_from_the_first_copy_to_the_last(
    workshop: Any, copies: int, alphas: list[int]
) -> None:
    transform = {"ty": "tr", **workshop.layer(3, "")["ks"], "p": {"a": 0, "k": [30, 0]}}
    transform |= {"so": {"a": 0, "k": 100}, "eo": {"a": 0, "k": 0}}
    repeater = {"ty": "rp", "c": {"a": 0, "k": copies}, "o": {"a": 0, "k": 0}, "m": 1}
    layer = workshop.shape("Bars", workshop.rectangle(0, 0, 20, 60), workshop.fill(1, 0, 0))
    layer["shapes"].append(repeater | {"tr": transform})
    drawn = workshop.still(workshop.document(layer))
    found = [int(drawn[30, x, 3]) for x in (10, 40, 70)]
    assert np.abs(np.subtract(found, alphas)).max() <= 2, found


def test_a_repeater_of_one_copy_keeps_the_holes_of_its_shape(workshop: Any) -> None:
    """Its transform does not count then, however it moves."""
    outer, inner = ([[0, 0], [60, 0], [60, 60], [0, 60]], [[20, 20], [20, 40], [40, 40], [40, 20]])
    shapes = [
        {"ty": "sh", "ks": {"a": 0, "k": {"v": v, "i": [[0, 0]] * 4, "o": [[0, 0]] * 4, "c": True}}}
        for v in (outer, inner)
    ]
    layer = workshop.shape("Frame", *shapes, workshop.fill(1, 0, 0))
    path = eased([50, 0], [0, 0]) | {"x": None}
    path["k"][0] |= {"to": [1, 2], "ti": [-1, 2]}
    fading = {"ty": "tr", "p": path, "so": eased([100], [90]), "eo": {"a": 0, "k": 100}}
    repeater = {"ty": "rp", "c": {"a": 0, "k": 1}, "o": {"a": 0, "k": 0}, "m": 1, "tr": fading}
    layer["shapes"].append(repeater)
    drawn = workshop.still(workshop.document(layer))
    assert [int(drawn[30, x, 3]) for x in (10, 30, 50, 80)] == [255, 0, 255, 0]


def test_absurdly_large_numbers_do_no_harm(workshop: Any) -> None:
    """Whatever is computed from them must be a number, and must not take long."""
    bar = workshop.rectangle(0, 0, 1e308, 1e308)
    bar["p"] = eased([-1e308, 0], [1e308, 1e308], frames=10**17, o={"x": [0, 1e308], "y": [1e308]})
    layer = workshop.shape("Bar", bar, workshop.fill(1, 0, 0))
    layer["shapes"].append(
        {
            "ty": "rp",
            "c": {"a": 0, "k": 100},
            "o": {"a": 0, "k": 1},
            "tr": {
                "ty": "tr",
                "s": eased([1e308, -1e308], [0, 0]),
                "p": {"a": 0, "k": [1e308, 1e308]},
                "eo": {"a": 0, "k": 50},
            },
        }
    )
    layer["masksProperties"] = [mask(8e307, 8e307, "s"), mask(-1e308, 1e308, "a", o=5) | {"x": []}]
    layer["ks"]["p"] = {"a": 1, "k": [{"t": [], "s": [0], "i": 5, "to": 5}, {"t": 2, "s": [1]}]}
    above = workshop.solid("Above", "#0000ff", w=10, h=10)
    written = json.dumps(workshop.document(above, layer)).encode()
    assert workshop.still(workshop.file(written))[5, 5].tolist() == BLUE


@pytest.mark.parametrize("kind", ["picture", "precomposition"])
def test_pictures_and_precompositions_can_lie_between_pixels(workshop: Any, kind: str) -> None:
    content = base64.b64encode(workshop.picture((255, 0, 0), (40, 40))).decode()
    picture = {"id": "photo", "w": 40, "h": 40, "e": 1, "p": f"data:image/png;base64,{content}"}
    card = {"id": "card", "layers": [workshop.solid("Ground", "#ff0000", x=-10)]}
    layer = workshop.layer(2, "Photo", x=20.5, refId="photo")
    if kind == "precomposition":
        layer = workshop.precomp("Card", "card", w=40, h=40)
        layer["ks"]["p"]["k"] = [20.5, 0, 0]
    document = workshop.document(layer, assets=[picture, card])
    drawn = workshop.still(document)
    assert [abs(int(drawn[20, x, 3]) - 128) <= 10 for x in (20, 60)] == [True, True]
    assert [int(drawn[20, x, 3]) for x in (19, 21, 59, 61)] == [0, 255, 255, 0]
    layer["ks"]["p"]["k"] = [20, 0, 0]
    drawn = workshop.still(document)
    assert [int(drawn[20, x, 3]) for x in (19, 20, 59, 60)] == [0, 255, 255, 0]


def test_a_scaled_picture_is_not_moved(workshop: Any) -> None:
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:, :, 0] = np.where(np.arange(40) // 4 % 2, 255, 0)
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    content = base64.b64encode(packed.getvalue()).decode()
    picture = {"id": "photo", "w": 40, "h": 40, "e": 1, "p": f"data:image/png;base64,{content}"}
    layer = workshop.layer(2, "Photo", x=20, refId="photo")
    layer["ks"]["s"]["k"] = [50, 50, 100]
    drawn = workshop.still(workshop.document(layer, assets=[picture]))
    assert np.abs(drawn[10, 20:40, 0].astype(int) - pixels[0, ::2, 0]).max() <= 2


def halves(size: int) -> Any:
    """A square picture as an asset, black on the left and red on the right."""
    pixels = np.zeros((size, size, 3), np.uint8)
    pixels[:, size // 2 :, 0] = 255
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    content = base64.b64encode(packed.getvalue()).decode()
    return {"id": "photo", "w": size, "h": size, "e": 1, "p": f"data:image/png;base64,{content}"}


@pytest.mark.parametrize("percent", [40, 20, 12])
def test_a_picture_that_is_much_smaller_than_its_pixels_is_not_moved(
    workshop: Any, percent: int
) -> None:
    layer = workshop.layer(2, "Photo", x=50 - percent * 0.5, y=10, refId="photo")
    layer["ks"]["s"]["k"] = [percent, percent, 100]
    drawn = workshop.still(workshop.document(layer, assets=[halves(100)]))
    across = drawn[10 + percent // 2, 48:52, 0].astype(int)
    assert np.abs(across - [0, 0, 255, 255]).max() <= 16, across


@pytest.mark.parametrize(
    ("turn", "parent", "pixels", "expected"),
    [
        (0.1, 0, 40, [0, 0, 255, 255]),
        (0.1, 0, 80, [0, 0, 255, 255]),
        (180, 0, 40, [255, 255, 0, 0]),
        (-44.9, 45, 40, [0, 0, 255, 255]),
    ],
)
def test_a_rotated_picture_is_not_moved(
    workshop: Any, turn: float, parent: float, pixels: int, expected: list[int]
) -> None:
    layer = workshop.layer(2, "Photo", refId="photo", parent=2)
    layer["ks"] |= {"a": {"a": 0, "k": [20, 20, 0]}, "r": {"a": 0, "k": turn}}
    above = workshop.layer(3, "Above", x=50, y=30)
    above["ks"]["r"]["k"] = parent
    drawn = workshop.still(
        workshop.document(layer, above, assets=[halves(pixels) | {"w": 40, "h": 40}])
    )
    across = drawn[30, 48:52, 0].astype(int)
    assert np.abs(across - expected).max() <= 16, across


@pytest.mark.parametrize("percent", [100, 30])
def test_a_rotated_picture_has_the_soft_edges_of_a_solid(workshop: Any, percent: int) -> None:
    content = base64.b64encode(workshop.picture((255, 0, 0), (40, 40))).decode()
    picture = {"id": "photo", "w": 40, "h": 40, "e": 1, "p": f"data:image/png;base64,{content}"}
    transform = workshop.layer(3, "", x=50, y=30)["ks"]
    transform |= {"a": {"a": 0, "k": [20, 20, 0]}, "r": {"a": 0, "k": 30}}
    transform["s"]["k"] = [percent, percent, 100]
    photo = workshop.layer(2, "Photo", refId="photo") | {"ks": transform}
    solid = workshop.solid("Ground", "#ff0000", w=40, h=40) | {"ks": transform}
    drawn, expected = (
        workshop.still(workshop.document(layer, assets=[picture])) for layer in (photo, solid)
    )
    off = np.abs(drawn[..., 3].astype(int) - expected[..., 3])
    assert off.max() <= 32, off.max()


def test_curved_motion_paths_are_followed_at_a_constant_speed(workshop: Any) -> None:
    layer = workshop.solid("Box", "#ff0000", w=10, h=10)
    start, end, first, second = [0.0, 0.0], [600.0, 300.0], [0.0, 400.0], [-300.0, 0.0]
    layer["ks"]["p"] = eased([*start, 0], [*end, 0], frames=10, to=first, ti=second)
    t = np.linspace(0, 1, 10_001)[:, None]
    path: Any = 3 * (1 - t) ** 2 * t * np.array(first) + t**3 * np.array(end)
    path += 3 * (1 - t) * t**2 * (np.array(end) + np.array(second))
    lengths: Any = np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))
    expected = path[int((lengths < 0.3 * lengths[-1]).sum()) + 1]
    drawn = workshop.still(workshop.document(layer, w=700, h=400), frame=3)
    assert np.abs(np.array(box_of(drawn)[:2]) - expected).max() < 1


def test_a_motion_path_with_handles_on_its_line_is_straight(workshop: Any) -> None:
    """This is so in lottie-web too, even if the handles reach beyond its end.

    Older files are an exception, because the next keyframe does not state where the path ends.
    """
    layer = workshop.solid("Box", "#ff0000", w=10, h=10)
    path = eased([20, 0, 0], [20, 14, 0], frames=2, to=[0, 27], ti=[0, 25])
    path["k"][0] |= {"i": {"x": 1, "y": 1}, "o": {"x": 0, "y": 0}}
    layer["ks"]["p"] = path
    assert box_of(workshop.still(workshop.document(layer), frame=1))[:2] == (20, 7)
    path["k"][0]["e"] = path["k"][1].pop("s")
    assert box_of(workshop.still(workshop.document(layer), frame=1))[1] > 15


def test_a_curved_motion_path_of_an_older_file_ends_at_its_stated_end(workshop: Any) -> None:
    layer = workshop.solid("Box", "#ff0000", w=10, h=10)
    path = eased([0, 0, 0], [], frames=3, e=[60, 30, 0], to=[0, 40], ti=[-30, 0])
    del path["k"][1]["s"]
    layer["ks"]["p"] = path
    assert box_of(workshop.still(workshop.document(layer), frame=5))[:2] == (60, 30)


def test_a_trimmed_polygon_keeps_its_corners(workshop: Any) -> None:
    star = {"ty": "sr", "sy": 2, "d": 1, "pt": {"a": 0, "k": 3}, "p": {"a": 0, "k": [50, 30]}}
    star |= {"r": {"a": 0, "k": 0}, "or": {"a": 0, "k": 25}, "os": {"a": 0, "k": 0}}
    stroke = {"ty": "st", "c": {"a": 0, "k": [1, 0, 0, 1]}, "o": {"a": 0, "k": 100}}
    stroke |= {"w": {"a": 0, "k": 4}, "lc": 1, "lj": 1, "ml": 4}
    trim = {"ty": "tm", "s": {"a": 0, "k": 10}, "e": {"a": 0, "k": 100}, "o": {"a": 0, "k": 0}}
    whole = workshop.still(workshop.document(workshop.shape("Star", dict(star), stroke)))
    layer = workshop.shape("Star", star, {**trim, "m": 1}, stroke)
    assert box_of(workshop.still(workshop.document(layer)))[2:] == box_of(whole)[2:]


@pytest.mark.parametrize("kind", [1, 2])
def test_a_star_only_gets_whole_points(workshop: Any, kind: int) -> None:
    def star(points: Any) -> Any:
        rest: Any = {"sy": kind, "d": 1, "p": {"a": 0, "k": [50, 30]}, "r": {"a": 0, "k": 0}}
        radii = {key: {"a": 0, "k": value} for key, value in {"or": 28, "ir": 12}.items()}
        shape: Any = {"ty": "sr", "pt": points, **rest, **radii}
        return workshop.document(workshop.shape("Star", shape, workshop.fill(1, 0, 0)))

    growing = star(eased([3], [5]))
    for frame, points in ((0, 3), (2, 3), (3, 4), (4, 4), (5, 5)):
        drawn = workshop.still(growing, frame=frame)
        assert np.array_equal(drawn, workshop.still(star({"a": 0, "k": points}))), frame


def test_a_blur_is_as_wide_as_in_lottie_web(workshop: Any) -> None:
    layer = workshop.solid("Half", "#ff0000", y=-100, w=50, h=300, ef=[effect(29, 20, 1, 0)])
    edge: Any = -np.diff(workshop.still(workshop.document(layer))[30, :, 3].astype(float))
    place = np.arange(len(edge)) - 49
    assert np.sqrt((edge * place**2).sum() / edge.sum()) == pytest.approx(0.3 * 20, abs=0.5)


def effect(kind: int, *values: Any) -> Any:
    controls = [{"ty": 0, "v": {"a": 0, "k": value}} for value in values]
    return {"ty": kind, "en": 1, "ef": controls}


@pytest.mark.parametrize(("inverted", "alphas"), [(0, [255, 0]), (1, [0, 255])])
def test_set_matte_shows_a_layer_where_another_one_is(
    workshop: Any, inverted: int, alphas: list[int]
) -> None:
    layer = workshop.solid("Ground", "#0000ff", ef=[effect(28, 2, 4, inverted)])
    matte = workshop.solid("Matte", "#ff0000", w=50, hd=True)
    drawn = workshop.still(workshop.document(layer, matte))
    assert [int(drawn[30, x, 3]) for x in (25, 75)] == alphas


@pytest.mark.parametrize(("all_masks", "second"), [(0, BLUE), (1, RED)])
def test_stroke_draws_along_the_masks_of_its_layer(
    workshop: Any, all_masks: int, second: list[int]
) -> None:
    stroke = effect(22, 1, all_masks, 0, [1, 0, 0, 1], 6, 1, 1, 0, 100, 15, 1)
    masks = [mask(20, 30, "n"), mask(60, 30, "n")]
    layer = workshop.solid("Ground", "#0000ff", ef=[stroke], masksProperties=masks, hasMask=True)
    drawn = workshop.still(workshop.document(layer))
    assert [drawn[30, x].tolist() for x in (20, 35, 60)] == [RED, BLUE, second]
    assert [drawn[30, x].tolist() for x in (13, 15)] == [BLUE, RED]  # twice the brush size


@pytest.mark.parametrize(
    ("style", "on_the_line", "beside_it"),
    [(1, RED, 255), (2, RED, 0), (3, BLUE, 0)],
    ids=["on the picture", "on nothing", "revealing the picture"],
)
def test_a_stroke_has_the_paint_style_that_comes_after_its_spacing(
    workshop: Any, style: int, on_the_line: list[int], beside_it: int
) -> None:
    spacing = 2  # is not the paint style
    stroke = effect(22, 1, 0, 0, [1, 0, 0, 1], 6, 1, 1, 0, 100, spacing, style)
    masks = [mask(20, 30, "n")]
    layer = workshop.solid("Ground", "#0000ff", ef=[stroke], masksProperties=masks, hasMask=True)
    drawn = workshop.still(workshop.document(layer))
    assert drawn[30, 20].tolist() == on_the_line
    assert drawn[30, 60, 3] == beside_it


def test_a_group_fades_as_a_whole(workshop: Any) -> None:
    layer = workshop.shape(
        "Two",
        workshop.rectangle(20, 10, 60, 40),
        workshop.fill(1, 0, 0),
        workshop.rectangle(0, 0, 100, 60),
        workshop.fill(0, 0, 1),
    )
    items = layer["shapes"][0]["it"]
    place = {"ty": "tr", **workshop.layer(3, "")["ks"]}
    inner = [{"ty": "gr", "it": [*items[n : n + 2], place]} for n in (0, 2)]
    layer["shapes"][0]["it"] = [*inner, {**place, "o": {"a": 0, "k": 50}}]
    drawn = workshop.still(workshop.document(layer))
    assert np.abs(drawn[30, 50].astype(int) - [255, 0, 0, 128]).max() <= 2
    assert np.abs(drawn[5, 5].astype(int) - [0, 0, 255, 128]).max() <= 2


def test_a_fill_blends_with_what_is_below(workshop: Any) -> None:
    fill = workshop.fill(0.5, 0.5, 0.5) | {"bm": 1}
    layer = workshop.shape("Multiplied", workshop.rectangle(0, 0, 100, 60), fill)
    drawn = workshop.still(workshop.document(layer, workshop.solid("Ground", "#ff0000")))
    assert np.abs(drawn[30, 50].astype(int) - [128, 0, 0, 255]).max() <= 2


def line(y: float, start: float, end: float) -> Any:
    path = {"v": [[start, y], [end, y]], "i": [[0, 0]] * 2, "o": [[0, 0]] * 2, "c": False}
    return {"ty": "sh", "ks": {"a": 0, "k": path}}


PEN: Any = {
    "ty": "st",
    "c": {"a": 0, "k": [1, 0, 0, 1]},
    "o": {"a": 0, "k": 100},
    "w": {"a": 0, "k": 4},
    "lc": 1,
    "lj": 1,
    "ml": 4,
}


def test_a_zigzag_alternates_between_both_sides(workshop: Any) -> None:
    zigzag = {"ty": "zz", "s": {"a": 0, "k": 10}, "r": {"a": 0, "k": 3}, "pt": {"a": 0, "k": 1}}
    layer = workshop.shape("Line", line(30, 10, 90), zigzag, PEN)
    drawn = workshop.still(workshop.document(layer))
    assert [int(drawn[y, x, 3]) for x, y in ((30, 21), (50, 39), (70, 21))] == [255] * 3
    assert [int(drawn[30, x, 3]) for x in (30, 50, 70)] == [0] * 3


def test_paths_of_groups_are_trimmed_individually(workshop: Any) -> None:
    layer = workshop.shape("Lines", line(20, 10, 50), PEN)
    second = workshop.shape("Second", line(40, 10, 90), PEN)["shapes"]
    ends = {"s": {"a": 0, "k": 0}, "e": {"a": 0, "k": 50}, "o": {"a": 0, "k": 0}}
    layer["shapes"] += [*second, {"ty": "tm", "m": 2, **ends}]
    drawn = workshop.still(workshop.document(layer))
    assert [int(drawn[20, x, 3]) for x in (12, 48)] == [255, 255]
    assert [int(drawn[40, x, 3]) for x in (12, 28, 32, 88)] == [255, 255, 0, 0]


def test_a_circle_is_trimmed_after_the_path_above_it(workshop: Any) -> None:
    layer = workshop.shape("Line", line(5, 10, 50), PEN)
    circle = {"ty": "el", "d": 1, "p": {"a": 0, "k": [50, 35]}, "s": {"a": 0, "k": [20, 20]}}
    second = workshop.shape("Circle", circle, PEN)["shapes"]
    ends = {"s": {"a": 0, "k": 0}, "e": {"a": 0, "k": 50}, "o": {"a": 0, "k": 0}}
    layer["shapes"] += [*second, {"ty": "tm", "m": 2, **ends}]
    assert workshop.inspect(workshop.document(layer)).warnings == []
    drawn = workshop.still(workshop.document(layer))
    assert [int(drawn[5, x, 3]) for x in (12, 48)] == [255, 255]
    # half of 40 + 20 pi pixels leaves 18 percent of the circle, starting at its top
    assert [int(drawn[y, x, 3]) for x, y in ((54, 26), (59, 38), (45, 26))] == [255, 0, 0]


@pytest.mark.parametrize("highlight", [0, 50])
@pytest.mark.parametrize("is_moving", [False, True])
def test_a_radial_gradient_is_equally_wide_in_every_direction(
    workshop: Any, highlight: int, is_moving: bool
) -> None:
    def drawn(x: float, y: float, angle: float) -> Any:
        gradient: Any = {"ty": "gf", "t": 2, "r": 1, "o": {"a": 0, "k": 100}}
        gradient["g"] = {"p": 2, "k": {"a": 0, "k": [0, 0, 0, 0, 1, 1, 1, 1]}}
        end = {"a": 0, "k": [50 + x, 30 + y]}
        if is_moving:
            end = {"a": 1, "k": [{"t": 0, "s": [50, 30]}, {"t": 4, "s": [50 + x, 30 + y]}]}
        gradient |= {"s": {"a": 0, "k": [50, 30]}, "e": end}
        gradient |= {"h": {"a": 0, "k": highlight}, "a": {"a": 0, "k": angle}}
        layer = workshop.shape("Glow", workshop.rectangle(0, 0, 100, 60), gradient)
        return workshop.still(workshop.document(layer), frame=4).astype(int)

    level = drawn(40, 0, 90)
    tilted = drawn(40 * np.cos(0.5), 40 * np.sin(0.5), 90 - np.degrees(0.5))
    assert np.abs(level - tilted).max() <= 4


def test_a_gradient_with_moving_opacities_is_interpolated(workshop: Any) -> None:
    """From opaque to transparent becomes 50 percent, after a fifth of the length, to opaque."""
    red = [0, 1, 0, 0, 1, 1, 0, 0]
    stops = eased([*red, 0, 1, 1, 0], [*red, 0.2, 0.5, 1, 1], frames=2)
    gradient: Any = {"ty": "gf", "t": 1, "r": 1, "o": {"a": 0, "k": 100}, "g": {"p": 2, "k": stops}}
    gradient |= {"s": {"a": 0, "k": [0, 0]}, "e": {"a": 0, "k": [100, 0]}}
    layer = workshop.shape("Faded", workshop.rectangle(0, 0, 100, 60), gradient)
    drawn = workshop.still(workshop.document(layer), frame=1)
    halfway = [255 * opacity for opacity in (0.75, 0.75 - 0.25 * 4 / 9, 0.5)]  # from 10 % on
    assert drawn[30, [5, 50, 99], 3].tolist() == pytest.approx(halfway, abs=4)
