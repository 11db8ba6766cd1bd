"""Loop expressions, which are written out as keyframes."""

from typing import Any

import pytest

PREFIX = "var $bm_rt;\n$bm_rt = "
LINEAR: Any = {"i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}}


def moving(workshop: Any, expression: str, *keyframes: Any, frames: int = 12, **fields: Any) -> Any:
    """A box of 10x10 whose left edge is at the keyframes' values, in tens of pixels."""
    layer = workshop.solid("Box", "#0000ff", w=10, h=10, op=frames, **fields)
    path = [{"t": time, "s": [x * 10, 0, 0], **LINEAR} for time, x in keyframes]
    layer["ks"]["p"] = {"a": 1, "k": path, "x": expression}
    return workshop.document(layer, op=frames)


def places(workshop: Any, document: Any, y: int = 5, **settings: Any) -> list[int | None]:
    """The left edge of the box in each frame, in tens of pixels; None if it is not visible."""
    film = workshop.film(document, "video_prores_4444", **settings)
    edges = [[x for x in range(0, 100, 10) if frame[y, x + 5, 3] > 127] for frame in film]
    return [edge[0] // 10 if edge else None for edge in edges]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("loopOut('cycle')", [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]),
        ('loopOut("cycle", 0)', [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]),
        ("loopOut()", [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]),
        ("loopOut('pingpong')", [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1]),
        ("loopOut('offset')", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, None, None]),
        ("loopOut('continue')", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, None, None]),
        ("loopOutDuration('cycle', 0.1)", [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]),
    ],
)
@pytest.mark.parametrize("prefix", [PREFIX, ""])
def test_keyframes_are_repeated_after_the_last_one(
    workshop: Any, prefix: str, expression: str, expected: Any
) -> None:
    document = moving(workshop, f"{prefix}{expression};", (0, 0), (3, 3))
    assert places(workshop, document) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("loopIn('cycle')", [0, 1, 2, 0, 1, 2, 0, 1, 2, 3, 3, 3]),
        ("loopIn('pingpong')", [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 3, 3]),
    ],
)
def test_keyframes_are_repeated_before_the_first_one(
    workshop: Any, expression: str, expected: Any
) -> None:
    document = moving(workshop, PREFIX + expression, (6, 0), (9, 3))
    assert places(workshop, document) == expected


@pytest.mark.parametrize("kind", ["offset", "continue"])
def test_a_movement_starts_before_its_first_keyframe(workshop: Any, kind: str) -> None:
    document = moving(workshop, f"{PREFIX}loopIn('{kind}');", (6, 6), (9, 9))
    assert places(workshop, document)[:10] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_only_the_last_or_the_first_segments_are_repeated(workshop: Any) -> None:
    keyframes = [(0, 0), (2, 4), (4, 2), (6, 0)]
    last = moving(workshop, PREFIX + "loopOut('cycle', 1);", *keyframes)
    assert places(workshop, last) == [0, 2, 4, 3, 2, 1, 2, 1, 2, 1, 2, 1]
    same = moving(workshop, PREFIX + "loopOutDuration('cycle', 0.0666666);", *keyframes)
    assert places(workshop, same) == places(workshop, last)
    later = [(time + 6, x) for time, x in keyframes]
    first = moving(workshop, PREFIX + "loopIn('cycle', 1);", *later)
    assert places(workshop, first) == [0, 2, 0, 2, 0, 2, 0, 2, 4, 3, 2, 1]


def test_older_files_with_end_values_loop_too(workshop: Any) -> None:
    document = moving(workshop, PREFIX + "loopOut('cycle');", (0, 0), (3, 3))
    path = document["layers"][0]["ks"]["p"]["k"]
    path[0]["e"] = path[1].pop("s")
    assert places(workshop, document) == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]


def test_a_held_value_is_held_on_the_way_back(workshop: Any) -> None:
    document = moving(workshop, PREFIX + "loopOut('pingpong');", (0, 0), (2, 3), (4, 6))
    path = document["layers"][0]["ks"]["p"]["k"]
    path[0].update(h=1)
    path[1].update(h=1)
    assert places(workshop, document) == [0, 0, 3, 3, 3, 3, 0, 0, 0, 0, 3, 3]


def test_a_precomposition_whose_time_is_remapped_in_a_loop_repeats(workshop: Any) -> None:
    inner = moving(workshop, "", (0, 0), (6, 6))["layers"]
    remap = [{"t": 0, "s": [0], **LINEAR}, {"t": 3, "s": [0.1]}]
    use = workshop.precomp("Use", "comp_0", op=12)
    use["tm"] = {"a": 1, "k": remap, "x": PREFIX + "loopOut('cycle');"}
    document = workshop.document(use, op=12, assets=[{"id": "comp_0", "layers": inner}])
    assert places(workshop, document) == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]


def test_a_loop_lasts_until_its_layer_ends(workshop: Any) -> None:
    document = moving(workshop, PREFIX + "loopOut('cycle');", (0, 0), (3, 3))
    document["layers"][0]["op"] = 7
    assert places(workshop, document) == [0, 1, 2, 0, 1, 2, 0, *[None] * 5]


@pytest.mark.parametrize(
    "expression",
    [
        "loopOut('cycle'); while (true) {}",
        "loopOut('cycle') + 1",
        "loopOut(type)",
        "loopOut('cycle', 1e9)",
        "try { loopOut('cycle') } catch (e) {}",
        "loopOutDuration('cycle', 0.05)",
        "loopOut('cycle')" + " " * 1000,
    ],
)
def test_any_other_expression_leaves_its_keyframes_as_they_are(
    workshop: Any, expression: str
) -> None:
    document = moving(workshop, PREFIX + expression, (0, 0), (3, 3))
    assert places(workshop, document, expressions=False) == [0, 1, 2, *[3] * 9]


def test_a_loop_with_too_many_repetitions_stands_still(workshop: Any) -> None:
    document = moving(workshop, PREFIX + "loopOut('cycle');", (0, 0), (0.0001, 3))
    assert places(workshop, document, expressions=False)[1:] == [3] * 11
