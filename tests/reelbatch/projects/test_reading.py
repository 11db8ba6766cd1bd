"""Projects are read, or refused with a message that says what is wrong with them."""

import json
import random
import re
import struct
from collections.abc import Callable

import pytest
from py_aep import KeyframeEase, KeyframeInterpolationType

from reelbatch.models.errors import LimitExceeded, RenderError, TemplateInvalid
from reelbatch.projects import chunks
from reelbatch.projects.chunks import check_chunks
from reelbatch.projects.conversion.document import convert
from reelbatch.projects.library import trees
from reelbatch.projects.library.project import read_project
from reelbatch.projects.model import Footage, Text
from reelbatch.projects.opening import is_project
from tests.reelbatch.projects.made import RED, Stage, a_project, a_zip, opened, unpacked

SEED = 20_261_130


def _plain(stage: Stage) -> None:
    stage.solid(RED)
    stage.main.add_text("Hello")


PLAIN = a_project(_plain)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack(">I", len(content)) + content + bytes(len(content) % 2)


def _nested(levels: int) -> bytes:
    content = b""
    for _ in range(levels):
        content = _chunk(b"LIST", b"Fold" + content)
    return _chunk(b"RIFX", b"Egg!" + content)


def _lying_length() -> bytes:
    place = PLAIN.index(b"tdsb") + 4
    return PLAIN[:place] + b"\x7f\xff\xff\xff" + PLAIN[place + 4 :]


def _in_itself(stage: Stage) -> None:
    inner = stage.composition("Inner")
    stage.main.add(inner)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"RIFX", "not an After Effects project", id="four bytes"),
        pytest.param(b"\0" * 1000, "not an After Effects project", id="zeros"),
        pytest.param(PLAIN[: len(PLAIN) // 2], "The project is truncated", id="half"),
        pytest.param(_lying_length(), "The project is damaged", id="a lying length"),
        pytest.param(_chunk(b"RIFX", b"Egg!"), "The project cannot be read", id="empty"),
        pytest.param(
            b'<?xml version="1.0"?><AfterEffectsProject>', "save it as .aep", id="XML (.aepx)"
        ),
        pytest.param(a_zip({"a.txt": b""}), "no After Effects project", id="a zip without one"),
        pytest.param(
            a_zip({"a.aep": PLAIN, "b.aep": PLAIN}), "more than one project", id="a zip with two"
        ),
        pytest.param(
            a_zip({"definition.json": b"{}", "project.prgraphic": b"PK"}),
            "made in Premiere",
            id="a Motion Graphics template of Premiere",
        ),
    ],
)
def test_anything_but_a_project_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(TemplateInvalid, match=re.escape(reason)) as refusal:
        opened(content)
    assert "roject" in refusal.value.message


def test_the_depth_of_lists_is_limited_before_anything_recurses() -> None:
    with pytest.raises(LimitExceeded, match="The project is nested deeper"):
        opened(_nested(chunks.MAX_DEPTH + 1))


def test_chunks_are_counted_before_the_library_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_CHUNKS", 1000)
    many = _chunk(b"RIFX", b"Egg!" + _chunk(b"tdsb", b"") * 1001)
    with pytest.raises(LimitExceeded, match="The project has more than 1000 chunks"):
        opened(many)


def test_a_composition_that_contains_itself_is_refused() -> None:
    """The layer that shows the inner composition is changed to show its own composition."""
    found = bytearray(a_project(_in_itself))
    ids = {one.name: one.identity for one in opened(bytes(found)).project.compositions}
    for place in _places(bytes(found), b"ldta"):
        if struct.unpack_from(">I", found, place + _SOURCE)[0] == ids["Inner"]:
            struct.pack_into(">I", found, place + _SOURCE, ids["Main"])
    with pytest.raises(TemplateInvalid, match="project's composition 'Main' contains itself"):
        opened(bytes(found))


def test_layers_that_are_each_others_parents_are_refused() -> None:
    def parents(stage: Stage) -> None:
        first, second = stage.solid(RED), stage.solid(RED)
        first.parent = second

    found = bytearray(a_project(parents))
    layers = {
        layer.identity: layer.parent
        for layer in next(opened(bytes(found)).project.compositions).layers
    }
    [(child, parent)] = [pair for pair in layers.items() if pair[1] is not None]
    for place in _places(bytes(found), b"ldta"):
        if struct.unpack_from(">I", found, place)[0] == parent:
            struct.pack_into(">I", found, place + _PARENT, child)
    with pytest.raises(TemplateInvalid, match="each other's parents"):
        opened(bytes(found))


_SOURCE, _PARENT = 40, 132  # offsets of the identities in `ldta`


def _places(content: bytes, kind: bytes) -> list[int]:
    found: list[int] = []
    place = content.find(kind)
    while place >= 0:
        found.append(place + 8)
        place = content.find(kind, place + 1)
    return found


@pytest.mark.parametrize(
    "archive",
    [
        pytest.param({"project.aep": PLAIN}, id="alone"),
        pytest.param({"Folder/project.aep": PLAIN, "Folder/(Footage)/a.png": b""}, id="a folder"),
        pytest.param({"project.AET": PLAIN}, id="a template project"),
        pytest.param(
            {"a/b.aep": PLAIN, "a/Adobe After Effects Auto-Save/b auto-save 1.aep": b"RIFX"},
            id="auto-saves next to it",
        ),
        pytest.param(
            {"definition.json": b"{}", "project.aegraphic": a_zip({"x.aep": PLAIN})},
            id="a Motion Graphics template",
        ),
    ],
)
def test_a_project_is_found_in_its_archive(archive: dict[str, bytes]) -> None:
    content = a_zip(archive)
    assert is_project(content, unpacked(content))
    assert [one.name for one in opened(content).project.compositions] == ["Main"]


def test_a_lottie_is_not_a_project() -> None:
    assert not is_project(b'{"layers": []}')
    assert not is_project(b"PK", unpacked(a_zip({"main.json": b"{}"})))


def test_the_library_never_sees_a_text() -> None:
    """The source of its text reader is a file under a different licence."""
    checked = check_chunks(PLAIN)
    assert b"CoolTypeFont" in PLAIN
    assert b"CoolTypeFont" not in checked.content
    [composition] = read_project(checked).compositions
    documents = [
        one.value
        for layer in composition.layers
        for one in layer.tree.all_properties()
        if isinstance(one.value, Text)
    ]
    assert [document.words for document in documents] == ["Hello"]


@pytest.mark.parametrize("kind", [b"LRdr", b"fvdv"])
def test_the_render_queue_and_the_panels_are_not_read(kind: bytes) -> None:
    """The library cannot read the render queue of some versions."""
    assert kind in PLAIN
    assert kind not in check_chunks(PLAIN).content


def test_an_unknown_chunk_in_a_layer_is_a_reason() -> None:
    """After Effects 13.5 stores expressions in chunks that the library does not read."""
    content = PLAIN.replace(b"gdta", b"expr")
    found = opened(content)
    reasons = convert(found.project, "Main").reasons
    assert {(reason.code, reason.layer) for reason in reasons} >= {("NOT_UNDERSTOOD", "Solid")}
    assert any("expr" in reason.message for reason in reasons)


@pytest.mark.parametrize(
    "path",
    ["C:\\Users\\me\\(Footage)\\logo.png", "/Volumes/Work/logo.PNG", "Macintosh HD:Work:logo.png"],
)
def test_footage_is_found_by_name_wherever_its_path_pointed(path: str) -> None:
    content = a_zip(
        {"a/project.aep": PLAIN, "a/(Footage)/other.png": b"", "a/(Footage)/logo.png": b"x"}
    )
    found = opened(content).files.find(path)
    assert found is not None
    assert found.name == "logo.png"


def test_of_two_files_with_one_name_the_one_in_the_most_similar_folder_is_used() -> None:
    content = a_zip({"project.aep": PLAIN, "a/red/logo.png": b"", "a/blue/logo.png": b""})
    assert str(opened(content).files.find("D:\\work\\blue\\logo.png")) == "a/blue/logo.png"


def test_a_placeholder_has_a_size() -> None:
    def placeholder(stage: Stage) -> None:
        stage.main.add(stage.project.import_placeholder("Logo", 40, 30, 10.0, 1.0))

    items = opened(a_project(placeholder)).project.items.values()
    [logo] = [item for item in items if isinstance(item, Footage)]
    assert (logo.name, logo.width, logo.height, logo.path) == ("Logo", 40, 30, "")


def _flipped(content: bytearray, dice: random.Random) -> bytes:
    for _ in range(dice.choice([1, 5, 50])):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return bytes(content)


def _cut(content: bytearray, dice: random.Random) -> bytes:
    return bytes(content[: dice.randrange(len(content))])


def _extreme(content: bytearray, dice: random.Random) -> bytes:
    """Infinite, NaN, negative and huge numbers."""
    place = dice.randrange(len(content) - 8)
    content[place : place + 8] = bytes(dice.choice([0, 127, 128, 255]) for _ in range(8))
    return bytes(content)


def _copied(content: bytearray, dice: random.Random) -> bytes:
    to, source = dice.randrange(len(content) - 200), dice.randrange(len(content) - 200)
    content[to : to + 100] = content[source : source + 100]
    return bytes(content)


@pytest.mark.parametrize("damage", [_flipped, _cut, _extreme, _copied])
def test_damaged_projects_are_converted_or_refused_with_a_clear_message(
    damage: Callable[[bytearray, random.Random], bytes],
) -> None:
    dice = random.Random(SEED)  # noqa: S311  # the same each time
    for _ in range(25):
        content = damage(bytearray(PLAIN), dice)
        assert _outcome(content) in ("", "project")


def _outcome(content: bytes) -> str:
    """Empty if the project is converted, otherwise the word that the error message must contain."""
    try:
        found = opened(content)
        for composition in found.project.compositions:
            document = convert(found.project, composition.name, found.files).document
            json.dumps(document, allow_nan=False)
    except RenderError as error:
        return "project" if "project" in error.message else error.message
    return ""


def _moved_layers(stage: Stage) -> None:
    """All keyframes that are read without the library, in layers with different stretches."""
    for stretch in (100, 150, -100):
        layer = stage.solid(RED)
        transform = layer.transform
        times = [0, 0.5, 1]
        transform["ADBE Position"].set_values_at_times(times, [[1, 2, 0], [30, 4, 0], [5, 60, 0]])
        transform["ADBE Scale"].set_values_at_times(times, [[100] * 3, [50, 20, 100], [10] * 3])
        transform["ADBE Opacity"].set_values_at_times(times, [0, 100, 40])
        transform["ADBE Rotate Z"].set_values_at_times(times, [0, 90, 45])
        for name, speed in (("ADBE Scale", [9.0, 8.0, 7.0]), ("ADBE Opacity", [30.0])):
            _, middle, last = transform[name].keyframes
            middle.out_temporal_ease = [KeyframeEase(one, 40.0) for one in speed]
            last.in_temporal_ease = [KeyframeEase(one, 70.0) for one in speed]
        transform["ADBE Position"].keyframes[1].out_spatial_tangent = [3.0, 9.0, 0.0]
        transform["ADBE Rotate Z"].keyframes[
            0
        ].out_interpolation_type = KeyframeInterpolationType.HOLD
        layer.stretch = stretch
        layer.start_time = 0.3


def test_keyframes_are_the_same_with_and_without_the_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = a_project(_moved_layers)
    ours = convert(opened(content).project, "Main").document
    monkeypatch.setattr(trees, "FACTORS", dict[str, float]())
    assert convert(opened(content).project, "Main").document == ours
    assert sum("i" in str(layer["ks"]) for layer in ours["layers"]) == 3


def test_equal_chunks_are_counted_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are only read once."""
    monkeypatch.setattr(chunks, "MAX_CHUNKS", 1000)
    equal = _chunk(b"LIST", b"tdgp" + _chunk(b"tdsb", bytes(8)) * 20)
    with pytest.raises(LimitExceeded, match="The project has more than 1000 chunks"):
        opened(_chunk(b"RIFX", b"Egg!" + equal * 50))
