"""What the library's writer cannot make is a reason, or is none, all the same."""

import wave
from pathlib import Path

import pytest

from reelbatch.projects.conversion.document import convert
from reelbatch.projects.conversion.effects import effects_of
from reelbatch.projects.conversion.keyframes import Clock
from reelbatch.projects.model import Group, Property
from reelbatch.projects.reasons import Reasons
from tests.reelbatch.projects.made import RED, Stage, a_project, converted, opened


def _group(match_name: str, *children: Group | Property, enabled: bool = True) -> Group:
    return Group(match_name, match_name, enabled=enabled, children=children)


def _codes(*of_layer: Group) -> list[str]:
    reasons = Reasons()
    effects_of(_group("", *of_layer), Clock(10), {}, reasons)
    return [one.code for one in reasons.found]


@pytest.mark.parametrize(("opacity", "codes"), [(100.0, []), (30.0, ["EFFECT_NOT_DRAWN"])])
def test_a_drawn_effect_that_is_not_at_its_full_strength_is_a_reason(
    opacity: float, codes: list[str]
) -> None:
    strength = Property("ADBE Effect Mask Opacity", "Effect Opacity", (opacity,))
    tint = _group("ADBE Tint", _group("ADBE Effect Built In Params", strength))
    assert _codes(_group("ADBE Effect Parade", tint)) == codes


def test_a_solo_sound_hides_no_pictures(tmp_path: Path) -> None:
    file = tmp_path / "voice.wav"
    with wave.open(str(file), "w") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))

    def build(stage: Stage) -> None:
        stage.solid(RED)
        stage.footage(file).solo = True

    assert not any(layer.get("hd") for layer in converted(build).document["layers"])


@pytest.mark.parametrize("rate", [23.976, 29.97, 59.94])
def test_layers_begin_and_end_with_their_frames_at_any_rate(rate: float) -> None:
    def build(stage: Stage) -> None:
        long = stage.project.root_folder.add_comp("Long", 80, 60, 1.0, 60.0, rate)
        solid = long.add_solid(RED, "Red", 80, 60)
        solid.in_point, solid.out_point = (frame / long.frame_rate for frame in (1000, 1010))

    document = convert(opened(a_project(build)).project, "Long").document
    [layer] = document["layers"]
    assert (layer["ip"], layer["op"]) == (1000, 1010)


def test_colours_that_are_blended_linearly_are_a_reason() -> None:
    def build(stage: Stage) -> None:
        stage.solid(RED)
        stage.project.linear_blending = True

    assert [one.code for one in converted(build).reasons] == ["BLEND_MODE_NOT_DRAWN"]
