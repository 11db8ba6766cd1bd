"""Expressions: scripts in templates that animate properties."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reelbatch.engines.base import RenderLimits, RenderRequest
from reelbatch.engines.pool import Confinement, ConfinementLevel, Expressions, RenderPool
from reelbatch.models.errors import LimitExceeded
from reelbatch.models.orchestration.jobs import Output

STUCK = "'a'.repeat(1e7).indexOf('a'.repeat(5e6) + 'b')"  # a search that ignores the limits


def scripted(workshop: Any, expression: str, **fields: Any) -> Any:
    """A blue box of 10x10 on the left; the expression is the position of its top left corner."""
    box = workshop.solid("Box", "#0000ff", w=10, h=10, **fields)
    box["ks"]["p"]["x"] = f"var $bm_rt;\n$bm_rt = {expression};"
    return workshop.document(box)


def edges(workshop: Any, document: Any, **settings: Any) -> list[int]:
    """The left edge of the box in each frame, in tens of pixels."""
    film = workshop.film(document, "video_prores_4444", **settings)
    return [next(x for x in range(0, 100, 10) if frame[5, x + 5, 3] > 127) // 10 for frame in film]


def codes(workshop: Any, document: Any, **settings: Any) -> list[str]:
    _, file = workshop.render(document, **settings)
    return [warning.code for warning in file.warnings]


def test_an_expression_moves_its_layer_from_frame_to_frame(workshop: Any) -> None:
    document = scripted(workshop, "[time * 300, 0, 0]")
    assert edges(workshop, document) == [0, 1, 2, 3, 4, 5]
    assert codes(workshop, document) == []


def test_a_part_of_an_output_is_drawn_as_in_the_whole(workshop: Any) -> None:
    document = scripted(workshop, "[Math.floor(random(0, 9)) * 10, 0, 0]")
    whole = edges(workshop, document)
    assert edges(workshop, document, frame=3, end=6) == whole[3:]


def test_a_layer_follows_the_effect_of_another_layer(workshop: Any) -> None:
    document = scripted(workshop, "[thisComp.layer('Control').effect('Place')('Slider'), 0, 0]")
    keyframes = [
        {"t": 0, "s": [10], "i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}},
        {"t": 5, "s": [60]},
    ]
    slider = {"ty": 0, "nm": "Slider", "ix": 1, "v": {"a": 1, "k": keyframes}}
    effect = {"ty": 5, "nm": "Place", "ix": 1, "en": 1, "ef": [slider]}
    document["layers"].append(workshop.layer(3, "Control", ind=2, ef=[effect]))
    assert edges(workshop, document) == [1, 2, 3, 4, 5, 6]


def test_a_precomposition_has_its_own_time(workshop: Any) -> None:
    box = workshop.solid("Box", "#0000ff", w=10, h=10)
    box["ks"]["p"]["x"] = "[time * 300, 0, 0]"
    document = workshop.document(
        workshop.precomp("Inner", "inner", st=-3), assets=[{"id": "inner", "layers": [box]}]
    )
    box["op"] = 9
    assert edges(workshop, document) == [3, 4, 5, 6, 7, 8]


def test_an_expression_sets_the_words_of_a_text(workshop: Any) -> None:
    empty, written = workshop.text("Words", ""), workshop.text("Words", "II")
    empty["t"]["d"]["x"] = "'I' + thisLayer.name[0].replace('W', 'I')"
    assert (
        workshop.still(workshop.document(empty)) == workshop.still(workshop.document(written))
    ).all()


@pytest.mark.parametrize("scripted_words", [False, True])
def test_a_box_fits_its_text(workshop: Any, *, scripted_words: bool) -> None:
    text = workshop.text("Title", "I" if scripted_words else "Hello", ind=2)
    if scripted_words:
        text["t"]["d"]["x"] = "'Hello'"
    box = workshop.shape("Box", workshop.rectangle(0, 0, 1, 1), workshop.fill(1, 0, 0))
    rectangle = box["shapes"][0]["it"][0]
    measure = "var r = thisComp.layer('Title').sourceRectAtTime(); var $bm_rt = "
    rectangle["s"]["x"] = measure + "[r.width, r.height];"
    rectangle["p"]["x"] = measure + "[5 + r.left + r.width / 2, 40 + r.top + r.height / 2];"
    drawn = workshop.still(workshop.document(box, text))
    assert "EXPRESSION_FAILED" not in codes(workshop, workshop.document(box, text))
    letters, red = (drawn[..., 3] > 0) & (drawn[..., 0] < 200), drawn[..., 3] > 0
    assert not (letters & ~red).any()
    alone = workshop.still(workshop.document(workshop.text("Title", "Hello")))[..., 3] > 0
    assert [edge(red, axis) for axis in (0, 1)] == [edge(alone, axis) for axis in (0, 1)]


def edge(seen: Any, axis: int) -> tuple[int, int]:
    where = seen.any(axis).nonzero()[0]
    return int(where[0]), int(where[-1])


def test_an_expression_can_measure_shapes(workshop: Any) -> None:
    document = scripted(workshop, "[thisComp.layer('Bar').sourceRectAtTime().width, 0, 0]")
    bar = workshop.shape("Bar", workshop.rectangle(5, 20, 30, 9), workshop.fill(1, 0, 0), ind=2)
    bar["shapes"][0]["it"][-1]["s"]["k"] = [200, 100, 100]
    document["layers"].append(bar)
    assert workshop.still(document)[5, 65, 3] == 255


@pytest.mark.parametrize(
    "expression", ["wiggle(5, 30)", "[random(90), 0, 0]", "[gaussRandom(9), noise(time) * 9, 0]"]
)
def test_random_numbers_are_equal_in_equal_jobs_and_differ_in_others(
    workshop: Any, expression: str
) -> None:
    document = scripted(workshop, expression)
    first, _ = workshop.render(document, "video_prores_4444", output="first")
    second, _ = workshop.render(document, "video_prores_4444", output="second")
    other, _ = workshop.render(
        scripted(workshop, expression, cl="other"), "video_prores_4444", output="other"
    )
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_a_jobs_value_overrides_an_expression(workshop: Any) -> None:
    document = scripted(workshop, "[90, 0, 0]")
    text = workshop.text("Words", "", ind=2)
    text["t"]["d"]["x"] = "'never'"
    document["layers"].append(text)
    position = workshop.value("Box", "Position", [30, 0])
    words = workshop.asset(type="text", layerName="Words", value="")
    _, _, _, alpha = workshop.still(document, position, words).transpose(2, 0, 1)
    assert alpha[5, 35] == 255
    assert alpha.sum() == 255 * 100  # only the box


def test_a_failing_expression_keeps_the_exported_values_and_is_named(workshop: Any) -> None:
    document = scripted(workshop, "time > 0.09 ? missing.thing : [time * 300, 0, 0]")
    document["layers"][0]["ks"]["p"]["k"] = [90, 0, 0]
    assert edges(workshop, document) == [0, 1, 2, 9, 9, 9]
    _, file = workshop.render(document, "video_prores_4444")
    (warning,) = file.warnings
    assert (warning.code, warning.layer, warning.composition) == (
        "EXPRESSION_FAILED",
        "Box",
        "Main",
    )
    assert "missing is not defined" in warning.message


@pytest.mark.parametrize(
    "expression",
    [
        "(function () { while (true) {} })()",
        "(function () { for (;;) try { while (true) {} } catch (e) {} })()",
        "/^(a+)+$/.test('a'.repeat(40) + 'b')",
        "'a'.repeat(2 ** 29)",
        "(function () { var a = []; for (;;) a.push('x'.repeat(1e6) + a.length) })()",
        STUCK,
    ],
)
def test_an_endless_expression_leaves_the_picture_as_exported(
    workshop: Any, expression: str
) -> None:
    document = scripted(workshop, expression)
    document["layers"][0]["ks"]["p"]["k"] = [50, 0, 0]
    picture, file = workshop.render(document)
    assert [warning.code for warning in file.warnings] == ["EXPRESSIONS_STOPPED"]
    assert Image.open(picture).getchannel("A").getpixel((55, 5)) == 255


def test_endless_recursion_fails_only_that_expression(workshop: Any) -> None:
    document = scripted(workshop, "(function f() { return f() + 1 })()")
    other = workshop.solid("Other", "#0000ff", w=10, h=10, ind=2)
    other["ks"]["p"]["x"] = "[50, 30, 0]"
    document["layers"].append(other)
    picture, file = workshop.render(document)
    assert [(each.code, each.layer) for each in file.warnings] == [("EXPRESSION_FAILED", "Box")]
    assert Image.open(picture).getchannel("A").getpixel((55, 35)) == 255


def test_an_expression_cannot_get_past_the_limits_of_shapes(workshop: Any) -> None:
    copies = {"a": 0, "k": 1, "x": "1e6"}
    placed = {"ty": "tr", **workshop.layer(3, "")["ks"]}
    repeater = {"ty": "rp", "c": copies, "o": {"a": 0, "k": 0}, "m": 1, "tr": placed}
    shape = workshop.shape("Row", workshop.rectangle(0, 0, 9, 9), workshop.fill(0, 0, 1), repeater)
    with pytest.raises(LimitExceeded, match="repeats shapes"):
        workshop.render(workshop.document(shape))


def test_without_permission_expressions_do_not_run_and_the_job_warns(workshop: Any) -> None:
    document = scripted(workshop, "[90, 0, 0]")
    assert codes(workshop, document, expressions=False) == ["EXPRESSIONS_OFF"]
    assert workshop.still(document, expressions=False)[5, 5, 3] == 255


@pytest.mark.parametrize(
    ("level", "expressions", "runs"),
    [
        (ConfinementLevel.OFF, Expressions.CONFINED, False),
        (ConfinementLevel.OFF, Expressions.ALWAYS, True),
        (ConfinementLevel.AVAILABLE, Expressions.NEVER, False),
    ],
)
async def test_setting_and_confinement_decide_whether_expressions_run(
    workshop: Any,
    tmp_path: Path,
    level: ConfinementLevel,
    expressions: Expressions,
    runs: bool,
) -> None:
    request = a_request(tmp_path, scripted(workshop, "[90, 0, 0]"))
    confinement = Confinement(level, expressions=expressions)
    async with RenderPool(
        "lottie", processes=1, limits=RenderLimits(), confinement=confinement
    ) as pool:
        assert await pool.may_run_expressions() is runs
        file = await pool.render(request, lambda _: None)
    assert [warning.code for warning in file.warnings] == ([] if runs else ["EXPRESSIONS_OFF"])


async def test_expressions_run_if_the_confinement_is_complete(confined_engines: Any) -> None:
    pool = confined_engines.pool("lottie", RenderLimits())
    is_whole = not confined_engines.missing
    assert confined_engines.call(pool.may_run_expressions()) is is_whole


def a_request(folder: Path, document: Any) -> RenderRequest:
    template = folder / "scripted.json"
    template.write_text(json.dumps(document))
    work_dir = folder / "work"
    work_dir.mkdir()
    return RenderRequest(
        template=template,
        template_type="lottie",
        composition="Main",
        output=Output(output_type="image", codec="image_png", end_frame=1),
        output_path=work_dir / "output.png",
        work_dir=work_dir,
        expressions=True,
    )
