"""Templates that are broken, or designed to hang, crash or exhaust the server."""

import json
from dataclasses import replace
from typing import Any

import pytest

from reelbatch.engines.lottie.stripping import enforce_type
from reelbatch.models.errors import LimitExceeded, TemplateInvalid


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"<svg/>", "not JSON"),
        (b"[]", "not an object"),
        (b'"text"', "not an object"),
        (b"{}", "has no layers"),
        (b'{"layers": {}}', "has no layers"),
        (b'{"layers": [], "w": 1}', "has no layers"),
        (b'{"w": NaN}', "NaN is not a number"),
        (b'{"w": -Infinity}', "-Infinity is not a number"),
        (b'{"w": 1e999}', "1e999 is too large"),
        (b'{"w": ' + b"9" * 5000 + b"}", "is too large"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"layers": ' + b"[" * 300 + b"]" * 300 + b"}", "nested deeper than 256"),
    ],
    ids=lambda value: value[:20].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_anything_but_a_lottie_is_refused(workshop: Any, content: bytes, message: str) -> None:
    with pytest.raises(TemplateInvalid, match=message):
        workshop.inspect(workshop.file(content))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"w": 0}, r"width \(w\)"),
        ({"h": -1}, r"height \(h\)"),
        ({"w": "100"}, r"width \(w\)"),
        ({"fr": 0}, r"frame rate \(fr\)"),
        ({"fr": 1e6}, "frame rate is above 1000"),
        ({"ip": None}, r"first frame \(ip\)"),
        ({"op": True}, r"end frame \(op\)"),
        ({"op": 0}, "has no frames"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(workshop: Any, fields: Any, message: str) -> None:
    document = workshop.document(workshop.solid("Sky", "#0000ff"), **fields)
    with pytest.raises(TemplateInvalid, match=message):
        workshop.inspect(document)


def test_a_picture_or_film_that_is_too_large_is_refused(workshop: Any) -> None:
    sky = workshop.solid("Sky", "#0000ff")
    with pytest.raises(LimitExceeded, match="is 100000x100000 pixels"):
        workshop.inspect(workshop.document(sky, w=1e5, h=1e5))
    with pytest.raises(LimitExceeded, match="has 1000000 frames; this server renders at most"):
        workshop.inspect(workshop.document(sky, op=1_000_000))
    workshop.limits = replace(workshop.limits, template_size=10)
    with pytest.raises(LimitExceeded, match="larger than the 10 bytes"):
        workshop.inspect(workshop.document(sky))


def test_a_precomposition_inside_itself_is_refused(workshop: Any) -> None:
    assets = [
        {"id": "a", "layers": [workshop.precomp("B", "b")]},
        {"id": "b", "layers": [workshop.precomp("A", "a")]},
    ]
    with pytest.raises(TemplateInvalid, match="'a' contains itself"):
        workshop.inspect(workshop.document(workshop.precomp("A", "a"), assets=assets))


def chain(workshop: Any, length: int, uses: int) -> Any:
    """A chain of precompositions, each of which shows the next one `uses` times."""
    assets = [
        {"id": str(level), "layers": [workshop.precomp("Next", str(level + 1))] * uses}
        for level in range(length)
    ]
    assets.append({"id": str(length), "layers": [workshop.solid("Sky", "#0000ff")]})
    return workshop.document(workshop.precomp("First", "0"), assets=assets)


def test_precompositions_that_double_thirty_times_are_refused(workshop: Any) -> None:
    with pytest.raises(LimitExceeded, match="more than 50000 layers"):
        workshop.inspect(chain(workshop, 30, 2))


@pytest.mark.parametrize("length", [40, 5000])
def test_precompositions_that_are_nested_too_deeply_are_refused(workshop: Any, length: int) -> None:
    with pytest.raises(LimitExceeded, match="nested deeper than 32 levels"):
        workshop.inspect(chain(workshop, length, 1))


def test_nesting_of_usual_depth_is_drawn(workshop: Any) -> None:
    assert workshop.still(chain(workshop, 20, 1))[30, 50].tolist() == [0, 0, 255, 255]


def test_layers_that_are_each_others_parents_are_refused(workshop: Any) -> None:
    document = workshop.document(
        workshop.solid("A", "#0000ff", parent=2), workshop.solid("B", "#0000ff", parent=1)
    )
    with pytest.raises(TemplateInvalid, match="each other's parents"):
        workshop.inspect(document)


def test_shapes_that_would_take_hours_are_refused(workshop: Any) -> None:
    copies = {"ty": "rp", "c": {"a": 0, "k": 1000}, "o": {"a": 0, "k": 0}}
    growing = {"ty": "rp", "c": {"a": 1, "k": [{"t": 0, "s": [1]}, {"t": 9, "s": [1e9]}]}}
    dashes = [{"n": "d", "v": {"a": 0, "k": 1e-6}}, {"n": "g", "v": {"a": 0, "k": 1e-6}}]
    for items, message in [
        ([{"ty": "gr", "it": [copies]}, copies], "repeats shapes more than 10000 times"),
        ([growing], "repeats shapes more than 10000 times"),
        ([{"ty": "sr", "pt": {"a": 0, "k": 1e8}}], "a star with too many points"),
        ([{"ty": "st", "d": dashes}], "dashes that are too fine"),
    ]:
        with pytest.raises(LimitExceeded, match=f"'Box'.* {message}"):
            workshop.inspect(workshop.document(workshop.shape("Box", *items)))


@pytest.mark.parametrize("script", ["while (true) {}", "var $bm_rt; $bm_rt = 10;", "throw 1"])
def test_scripts_in_a_template_never_run_without_permission(workshop: Any, script: str) -> None:
    layer = workshop.solid("Sky", "#0000ff")
    layer["ks"]["o"]["x"] = script
    drawn = workshop.still(workshop.document(layer), expressions=False)
    assert drawn[30, 50].tolist() == [0, 0, 255, 255]


def test_invalid_layers_and_assets_are_ignored(workshop: Any) -> None:
    odd = [
        {},
        {"ty": "five"},
        {"ty": 99, "nm": 7},
        workshop.layer(2, "No picture", refId="nowhere"),
        workshop.layer(0, "No composition", refId="nowhere"),
        workshop.layer(5, "No text"),
        workshop.layer(5, "No words", t={"d": {"k": [{"s": {}}, {"t": 1}]}}),
        workshop.layer(4, "No shapes", shapes=None),
    ]
    document = workshop.document(*odd, workshop.solid("Sky", "#0000ff"))
    document["layers"] += ["text", None, 5]
    document["assets"] = [None, 5, {"id": "a", "p": 5}, {"p": "no id"}]
    document.update(fonts={"list": "none"}, chars=[{"ch": None}], markers=5, slots=[])
    assert workshop.still(document)[30, 50].tolist() == [0, 0, 255, 255]


def test_the_last_of_several_equal_keys_counts(workshop: Any) -> None:
    text = json.dumps(workshop.document(workshop.solid("Sky", "#0000ff")))
    twice = text[:-1] + ', "w": 50}'
    assert workshop.still(workshop.file(twice.encode())).shape == (60, 50, 4)


def dashed(workshop: Any, shape: Any) -> Any:
    dashes = [{"n": "d", "v": {"a": 0, "k": 1}}, {"n": "g", "v": {"a": 0, "k": 1}}]
    return workshop.document(workshop.shape("Box", shape, {"ty": "st", "d": dashes}))


@pytest.mark.parametrize(
    "shape",  # each path is a little longer than a million of these dashes
    [
        {"ty": "rc", "s": {"a": 0, "k": [1_000_000, 10_000]}},
        {"ty": "el", "s": {"a": 0, "k": [640_000, 640_000]}},
        {"ty": "sr", "sy": 2, "pt": {"a": 0, "k": 60}, "or": {"a": 0, "k": 330_000}},
        {
            "ty": "sr",
            "sy": 1,
            "pt": {"a": 0, "k": 60},
            "or": {"a": 0, "k": 20_000},
            "ir": {"a": 0, "k": 1000},
        },
        {"ty": "rc", "s": {"a": 1, "k": [{"t": 0, "s": [1, 1]}, {"t": 5, "s": [1e6, 1e4]}]}},
    ],
)
def test_long_outlines_of_fine_dashes_are_refused_whatever_draws_them(
    workshop: Any, shape: Any
) -> None:
    with pytest.raises(LimitExceeded, match="dashes that are too fine"):
        workshop.inspect(dashed(workshop, shape))


def test_a_dashed_outline_of_usual_size_is_accepted(workshop: Any) -> None:
    star = {"ty": "sr", "sy": 1, "pt": {"a": 0, "k": 60}, "or": {"a": 0, "k": 900}}
    for shape in (workshop.rectangle(0, 0, 4000, 3000), star):
        assert workshop.inspect(dashed(workshop, shape)).layers


@pytest.mark.parametrize(("kind", "held"), [(99, 3), (-1, 3), ("five", 3), (4, 4)])
def test_a_layer_of_an_unknown_type_is_a_null_layer(kind: object, held: int) -> None:
    layer: Any = {"ty": kind, "shapes": [{"ty": "rc"}], "t": {"d": {"k": []}}}
    enforce_type(layer)
    assert layer["ty"] == held
    assert ("shapes" in layer, "t" in layer) == (held == 4, False)


def test_words_that_change_often_and_long_dashed_paths_are_accepted(workshop: Any) -> None:
    words = workshop.text("Words", "x" * 500)
    written = words["t"]["d"]["k"][0]["s"]
    words["t"]["d"]["k"] = [{"t": frame, "s": dict(written)} for frame in range(100)]
    points = [[1000 + number % 7, 1000 + number // 7] for number in range(2000)]
    none = [[0, 0]] * len(points)
    route = {"ty": "sh", "ks": {"a": 0, "k": {"c": False, "v": points, "i": none, "o": none}}}
    dashes = [{"n": "d", "v": {"a": 0, "k": 2}}, {"n": "g", "v": {"a": 0, "k": 2}}]
    inspection = workshop.inspect(
        workshop.document(words, workshop.shape("Route", route, {"ty": "st", "d": dashes}))
    )
    assert [layer.name for layer in inspection.layers] == ["Words", "Route"]
