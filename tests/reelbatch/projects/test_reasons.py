"""Reasons for details that the table in the guide does not list."""

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from py_aep import AlphaMode, ImportOptions

from reelbatch.projects.conversion.document import convert
from reelbatch.projects.conversion.effects import effects_of
from reelbatch.projects.conversion.keyframes import Clock
from reelbatch.projects.model import Group, Property
from reelbatch.projects.reasons import Reasons
from tests.reelbatch.projects.made import RED, Stage, a_project, add_style, converted, opened


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """A second of silence."""
    file = tmp_path / "voice.wav"
    with wave.open(str(file), "w") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))
    return file


def _group(match_name: str, *children: Group | Property, enabled: bool = True) -> Group:
    return Group(match_name, match_name, enabled=enabled, children=children)


def _codes(*of_layer: Group) -> list[str]:
    reasons = Reasons()
    effects_of(_group("", *of_layer), Clock(10), {}, reasons)
    return [one.code for one in reasons.found]


@pytest.mark.parametrize(("opacity", "codes"), [(100.0, []), (30.0, ["EFFECT_NOT_DRAWN"])])
def test_the_effect_opacity_of_a_drawn_effect_is_a_reason(opacity: float, codes: list[str]) -> None:
    strength = Property("ADBE Effect Mask Opacity", "Effect Opacity", (opacity,))
    tint = _group("ADBE Tint", _group("ADBE Effect Built In Params", strength))
    assert _codes(_group("ADBE Effect Parade", tint)) == codes


def test_a_solo_sound_hides_no_pictures(voice: Path) -> None:
    def build(stage: Stage) -> None:
        stage.solid(RED)
        stage.footage(voice).solo = True

    assert not any(layer.get("hd") for layer in converted(build).document["layers"])


def _loudness(layer: dict[str, Any]) -> object:
    return layer["au"]["lv"]["k"]


def test_only_the_audio_switch_mutes_a_sound(voice: Path) -> None:
    def build(stage: Stage) -> None:
        stage.footage(voice).enabled = False
        stage.footage(voice).audio_enabled = False

    silent, heard = converted(build).document["layers"]
    assert "au" not in silent
    assert "hd" not in heard
    assert _loudness(heard) == [100, 100]


def test_muting_a_composition_mutes_its_sounds(voice: Path) -> None:
    def build(stage: Stage) -> None:
        inner = stage.composition("Inner")
        inner.add(stage.project.import_file(ImportOptions(voice)))
        stage.main.add(inner).audio_enabled = False
        stage.main.add(inner)

    loud, silent = converted(build).document["layers"]
    assert (_loudness(loud), _loudness(silent)) == ([100, 100], [0, 0])


def test_a_hidden_composition_is_still_heard(voice: Path) -> None:
    def build(stage: Stage) -> None:
        inner = stage.composition("Inner")
        inner.add(stage.project.import_file(ImportOptions(voice)))
        stage.main.add(inner).enabled = False

    [layer] = converted(build).document["layers"]
    assert "hd" not in layer
    assert layer["ks"]["o"]["k"] == 0


def _fading(layer: Any) -> None:
    layer["ADBE Audio Group"]["ADBE Audio Levels"].set_values_at_times([0, 1], [[0, 0], [-40, -40]])


def _slow(layer: Any) -> None:
    layer.stretch = 200


@pytest.mark.parametrize("change", [_fading, _slow])
def test_a_sound_that_fades_or_is_stretched_is_a_reason(
    voice: Path, change: Callable[[Any], None]
) -> None:
    def build(stage: Stage) -> None:
        inner = stage.composition("Inner")
        inner.add(stage.project.import_file(ImportOptions(voice)))
        change(stage.main.add(inner))

    assert "FOOTAGE_NOT_DRAWN" in [one.code for one in converted(build).reasons]


def test_premultiplied_transparency_is_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    Image.new("RGBA", (8, 8), (255, 0, 0, 128)).save(file)

    def build(stage: Stage) -> None:
        stage.footage(file).source.main_source.alpha_mode = AlphaMode.PREMULTIPLIED

    assert [one.code for one in converted(build).reasons] == ["FOOTAGE_NOT_DRAWN"]


@pytest.mark.parametrize("rate", [23.976, 29.97, 59.94])
def test_layers_begin_and_end_on_whole_frames_at_any_frame_rate(rate: float) -> None:
    def build(stage: Stage) -> None:
        long = stage.project.root_folder.add_comp("Long", 80, 60, 1.0, 60.0, rate)
        solid = long.add_solid(RED, "Red", 80, 60)
        solid.in_point, solid.out_point = (frame / long.frame_rate for frame in (1000, 1010))

    document = convert(opened(a_project(build)).project, "Long").document
    [layer] = document["layers"]
    assert (layer["ip"], layer["op"]) == (1000, 1010)


def test_linear_blending_is_a_reason() -> None:
    def build(stage: Stage) -> None:
        stage.solid(RED)
        stage.project.linear_blending = True

    assert [one.code for one in converted(build).reasons] == ["BLEND_MODE_NOT_DRAWN"]


@pytest.mark.parametrize(
    ("name", "expression", "codes"),
    [
        ("ADBE Position", 'thisComp.layer("a-b").transform.position // as it is', []),
        ("ADBE Position", "value + [10, 0]", ["EXPRESSION_DIFFERS"]),
        ("ADBE Opacity", "time * 50", []),
        ("ADBE Text Document", '"Total: " + 5', []),
        ("ADBE Rotate Y", "time * 50", ["LAYER_IN_3D"]),
        pytest.param("ADBE Position", "/* " * 200_000, [], id="comments without an end"),
        pytest.param("ADBE Position", r"\"" * 200_000, [], id="quotation marks without an end"),
    ],
)
def test_only_expressions_with_arithmetic_on_arrays_are_a_reason(
    name: str, expression: str, codes: list[str]
) -> None:
    def build(stage: Stage) -> None:
        layer = stage.main.add_text("Hello")
        layer.three_d_layer = name == "ADBE Rotate Y"
        group = layer.text if name.startswith("ADBE Text") else layer.transform
        group[name].expression = expression

    assert [one.code for one in converted(build).reasons] == codes


def test_a_style_of_an_adjustment_layer_is_a_reason() -> None:
    def build(stage: Stage) -> None:
        layer = stage.solid(RED)
        layer.adjustment_layer = True
        add_style(layer, "solidFill", color=[0.0, 1.0, 0.0, 1.0])

    assert [one.code for one in converted(build).reasons] == ["ADJUSTMENT_LAYER_NOT_DRAWN"]
