"""The names of After Effects in expressions, with the values that lottie-web gives them."""

import json
from typing import Any

import pytest

from reelbatch.engines.lottie.document import read_document
from reelbatch.engines.lottie.expressions import run_expressions
from reelbatch.engines.lottie.reading import normalise
from reelbatch.models.wire.warnings import RenderWarning

pytestmark = pytest.mark.unconfined  # one expression at a time, many of them

LINEAR: Any = {"i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}}
TRIANGLE: Any = {"v": [[0, 0], [10, 0], [10, 10]], "i": [[0, 0]] * 3, "o": [[0, 0]] * 3, "c": False}

# The values of a layer's rotation at 0.3 seconds, in a document of 10 frames per second.
VALUES: dict[str, float] = {
    "time": 0.3,
    "value + 1": 1,
    "effect('Size')('Slider')": 30,
    "effect(1)(1).value * 2": 60,
    "effect('Size').slider": 30,
    "thisComp.layer('Box').effect('Size')('ADBE Slider Control-0001')": 30,
    "effect('On')('Checkbox') == 1 ? 5 : 6": 5,
    "thisComp.layer(2).index": 2,
    "thisComp.layer(thisLayer, 1).index": 2,
    "thisComp.layer('Words').parent.index": 1,
    "thisComp.layer('Words').text.sourceText.length": 5,
    "thisComp.layer('Words').text.sourceText.style.fontSize": 12,
    "thisComp.layer('Words').toComp([0, 0, 0])[1]": 40,
    "thisComp.layer('Words').fromComp([20, 40, 0])[1]": 0,
    "thisComp.width + thisComp.height + thisComp.numLayers": 163,
    "thisComp.duration": 3,
    "thisComp.marker.key('in').time": 0.5,
    "thisComp.marker.nearestKey(time).index": 1,
    "comp('Inner').layer('Dot').transform.position[0]": 10,
    "comp('Inner').layer('Dot').width": 5,
    "content('Group').content('Bar').size[1]": 20,
    "content('Group')('Contents')('Trim')('End')": 90,
    "content('Group').content('Line').strokeWidth": 4,
    "content('Group').content('Line').dash.offset": 9,
    "content('Group').content('Paint').color[0]": 1,
    "content(1).transform.rotation": 33,
    "content('Group').content('Way').path.points()[1][0]": 10,
    "content('Group').content('Way').path.pointOnPath(0.25)[0]": 5,
    "content('Group').content('Way').path.tangentOnPath(0.25)[0]": 1,
    "mask('Hole').maskOpacity": 70,
    "thisProperty.propertyGroup(1)('Opacity')": 100,
    "thisProperty.propertyGroup(2).index": 1,
    "transform.position[1]": 20,
    "numKeys": 0,
    "effect('Size')(1).numKeys": 2,
    "effect('Size')(1).key(2).time": 1,
    "effect('Size')(1).key(2).value": 100,
    "effect('Size')(1).nearestKey(time).index": 1,
    "effect('Size')(1).valueAtTime(0.5)": 50,
    "effect('Size')(1).velocity": 100,
    "effect('Size')(1).smooth(0.2, 5)": 30,
    "effect('Size')(1).loopOut('cycle')": 30,
    "sum([1, 2], [3, 4])[1]": 6,
    "$bm_sub(5, 3)": 2,
    "$bm_mul([1, 2], 3)[1]": 6,
    "$bm_div(9, 3)": 3,
    "$bm_mod(7, 4)": 3,
    "$bm_neg(4)": -4,
    "linear(time, 0, 1, 0, 100)": 30,
    "linear(time, [0, 0], [10, 20])[1]": 6,
    "ease(0.5, 0, 1, 0, 100)": 50.16829,
    "easeIn(0.3, 0, 1, 0, 100)": 15.58437,
    "easeOut(0.3, 0, 1, 0, 100)": 38.71734,
    "clamp(120, 0, 100)": 100,
    "length([3, 4])": 5,
    "length([0, 0], [3, 4])": 5,
    "normalize([3, 4])[0]": 0.6,
    "dot([1, 2], [3, 4])": 11,
    "cross([1, 0, 0], [0, 1, 0])[2]": 1,
    "degreesToRadians(180)": 3.14159,
    "radiansToDegrees(Math.PI)": 180,
    "rgbToHsl([1, 0, 0, 1])[2]": 0.5,
    "hslToRgb([0, 1, 0.5, 1])[0]": 1,
    "hexToRgb('#ff8000')[0]": 1,
    "timeToFrames(time)": 3,
    "framesToTime(5)": 0.5,
    "inPoint + outPoint": 3,
    "seedRandom(3, true), random(5, 5)": 5,
    "createPath([[0, 0], [1, 1]]).points().length": 2,
    "new Date(5).getTime()": 5,
    "thisLayer.name == 'Box' ? 1 : 2": 1,
    "(function () { length = 3; index = 4; return length + index })()": 7,
    "'12'": 12,
}


@pytest.mark.parametrize("expression", VALUES)
def test_an_expression_has_its_value(expression: str) -> None:
    assert value_of(f"var $bm_rt;\n$bm_rt = ({expression});") == VALUES[expression]
    assert value_of(expression) == VALUES[expression]  # as written by exporters without `$bm_rt`


def test_posterize_time_rounds_the_time_down() -> None:
    assert value_of("posterizeTime(5); time * 100") == 20


@pytest.mark.parametrize("expression", ["new Date()", "Date.now()", "missing", "['a', 1]", "1 / 0"])
def test_an_expression_without_a_value_fails(expression: str) -> None:
    assert value_of(expression) is None


def test_a_variable_without_var_does_not_outlast_its_frame() -> None:
    assert value_of("count = 5; count + 1") == 6
    assert value_of("typeof count === 'undefined' ? 1 : 2") == 1


def test_the_time_for_all_frames_together_is_limited() -> None:
    _, warnings = run("time", seconds=0)
    assert [warning.code for warning in warnings] == ["EXPRESSIONS_STOPPED"]


def value_of(expression: str) -> float | None:
    """The value of a rotation in frame 3; None if the expression fails."""
    value, warnings = run(expression)
    return None if warnings else value


def run(expression: str, seconds: float = 60) -> tuple[float, list[RenderWarning]]:
    document = read_document(json.dumps(a_document(expression)).encode())
    normalise(document.root, {})
    composition = document.main
    inner = {"inner": document.precompositions["inner"]}
    warnings = run_expressions(document, composition, inner, [3], lambda _: None, seconds)
    return composition.layers[0]["ks"]["r"]["k"], warnings


def a_document(expression: str) -> dict[str, Any]:
    slider = {"a": 1, "k": [{"t": 0, "s": [0], **LINEAR}, {"t": 10, "s": [100]}]}
    dashes = [{"n": "d", "nm": "dash", "v": still(4)}, {"n": "o", "nm": "offset", "v": still(9)}]
    group = {
        "ty": "gr",
        "nm": "Group",
        "it": [
            {"ty": "rc", "nm": "Bar", "s": still([10, 20]), "p": still([0, 0]), "r": still(3)},
            {"ty": "sh", "nm": "Way", "ks": still(TRIANGLE)},
            {"ty": "fl", "nm": "Paint", "c": still([1, 0, 0, 1]), "o": still(50)},
            {"ty": "st", "nm": "Line", "c": still([1, 0, 0, 1]), "w": still(4), "d": dashes},
            {"ty": "tm", "nm": "Trim", "s": still(10), "e": still(90), "o": still(5)},
            {"ty": "tr", **transform(), "r": still(33)},
        ],
    }
    effects = [
        effect("Size", 0, "Slider", slider, mn="ADBE Slider Control-0001"),
        effect("On", 7, "Checkbox", still(1)),
    ]
    mask = {"nm": "Hole", "mode": "a", "o": still(70), "pt": still(TRIANGLE), "x": still(0)}
    box = layer(4, "Box", 1, shapes=[group], ef=effects, masksProperties=[mask])
    box["ks"]["r"] = still(0) | {"x": expression}
    words = {"t": "Hello", "s": 12, "f": "Inter-Bold", "fc": [1, 0, 0], "j": 0}
    text: Any = {"d": {"k": [{"t": 0, "s": words}]}, "a": []}
    dot = layer(1, "Dot", 1, sw=5, sh=6, sc="#ff0000")
    return {
        "v": "5.7.0",
        "nm": "Main",
        "fr": 10,
        "ip": 0,
        "op": 30,
        "w": 100,
        "h": 60,
        "markers": [{"tm": 5, "cm": "in", "dr": 2}],
        "assets": [{"id": "inner", "nm": "Inner", "layers": [dot]}],
        "layers": [
            box,
            layer(5, "Words", 2, parent=1, t=text),
            layer(0, "Room", 3, refId="inner", w=100, h=60),
        ],
    }


def effect(name: str, kind: int, control: str, value: Any, **fields: Any) -> dict[str, Any]:
    inner = {"ty": kind, "nm": control, "ix": 1, "v": value, **fields}
    return {"ty": 5, "nm": name, "ef": [inner]}


def layer(kind: int, name: str, index: int, **fields: Any) -> dict[str, Any]:
    times = {"ip": 0, "op": 30, "st": 0}
    return {"ty": kind, "nm": name, "ind": index, "ks": transform(), **times, **fields}


def transform() -> dict[str, Any]:
    values = {"o": 100, "r": 0, "p": [10, 20, 0], "a": [0, 0, 0], "s": [100, 100, 100]}
    return {key: still(value) for key, value in values.items()}


def still(value: Any) -> dict[str, Any]:
    return {"a": 0, "k": value}
