"""Clips joined one after the other: the number of frames, and what each of them shows."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import av
import pytest

from reelbatch.engines.join import JoinEngine
from reelbatch.models.errors import AssetInvalid, LimitExceeded, TemplateInvalid
from tests.reelbatch.engines.join.conftest import pictures

RED_GREEN = ["red"] * 6 + ["green"] * 3


def test_clips_follow_each_other_frame_by_frame(room: Any) -> None:
    clips = [room.clip(*RED_GREEN), room.clip("blue", "white"), room.clip("red")]
    assert room.joined(*clips) == [*RED_GREEN, "blue", "white", "red"]


@pytest.mark.parametrize("kind", ["mp4", "mkv", "mpegts", "mov"])
@pytest.mark.parametrize("rate", [24, 25, 30, Fraction(30000, 1001), 60])
def test_the_output_has_the_frame_rate_of_the_first_clip_and_all_frames(
    room: Any, kind: str, rate: Fraction
) -> None:
    colours = ["red", "green", "blue"] * 7
    clips = [room.clip(*colours, rate=rate, kind=kind) for _ in range(2)]
    file, rendered = room.join(*clips)
    assert rendered.frames == 42
    with av.open(file, "r") as film:
        [stream] = film.streams.video
        assert (stream.average_rate, stream.frames) == (rate, 42)


def test_a_clip_with_another_frame_rate_keeps_its_duration(room: Any) -> None:
    slow = room.clip("green", "blue", rate=10)
    fast = room.clip(*["white"] * 6, *["green"] * 6, rate=60)
    assert room.joined(room.clip("red", "red"), slow, fast) == (
        ["red"] * 2 + ["green"] * 3 + ["blue"] * 3 + ["white"] * 3 + ["green"] * 3
    )


def test_a_clip_that_ends_within_a_frame_fills_that_frame(room: Any) -> None:
    a_quarter_of_a_second = room.clip(*["blue"] * 6, rate=24)
    assert room.joined(room.clip("red"), a_quarter_of_a_second) == ["red"] + ["blue"] * 8


@pytest.mark.parametrize(
    ("size", "beside", "above"),
    [((32, 32), "black", "red"), ((64, 8), "red", "black"), ((640, 320), "red", "red")],
)
def test_a_clip_of_another_shape_is_centred_on_black(
    room: Any, colour_at: Any, size: tuple[int, int], beside: str, above: str
) -> None:
    file, rendered = room.join(room.clip("green"), room.clip("red", size=size))
    assert (rendered.width, rendered.height) == (64, 32)
    last = pictures(file)[-1]
    assert colour_at(last, 0.5, 0.5) == "red"
    assert {colour_at(last, x, 0.5) for x in (0.1, 0.9)} == {beside}
    assert {colour_at(last, 0.5, y) for y in (0.1, 0.9)} == {above}


def test_nothing_of_the_previous_clip_is_left_at_the_sides(room: Any, colour_at: Any) -> None:
    file, _ = room.join(room.clip("white"), room.clip("red", size=(32, 32)))
    assert colour_at(pictures(file)[-1], 0.05, 0.5) == "black"


def test_a_size_that_the_codec_does_not_support_is_rounded_up(room: Any) -> None:
    file, rendered = room.join(room.clip("red", size=(66, 34)), draft=True)
    assert (rendered.width, rendered.height) == (34, 18)  # half the size is 33 x 17
    assert pictures(file)[0].shape == (18, 34, 3)


def test_each_clip_keeps_its_sound_and_the_others_are_silent(room: Any, loudness: Any) -> None:
    second = ["red"] * 30
    loud, silent = room.clip(*second, tone=1.0), room.clip(*second)
    file, _ = room.join(silent, loud, silent, loud)
    assert loudness(file, [0.5, 1.5, 2.5, 3.5]) == [False, True, False, True]


def test_sound_that_is_longer_than_its_clip_is_cut(room: Any, loudness: Any) -> None:
    second = ["red"] * 30
    file, rendered = room.join(room.clip(*second, tone=3.0), room.clip(*second * 2))
    assert rendered.frames == 90
    assert loudness(file, [0.5, 1.5, 2.5]) == [True, False, False]


def test_without_any_sound_there_is_no_sound_track(room: Any) -> None:
    file, _ = room.join(room.clip("red"))
    with av.open(file, "r") as film:
        assert not film.streams.audio


@pytest.mark.unconfined  # a render process passes on only some of the reports
def test_progress_goes_up_to_the_end(room: Any) -> None:
    room.join(room.clip("red", "green"), room.clip("blue", "white"))
    assert room.progress == [25, 50, 75, 100]


def test_the_error_names_the_broken_clip(room: Any, tmp_path: Any) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"no video at all")
    with pytest.raises(AssetInvalid, match=r"^assets\.1: The file is not a video"):
        room.join(room.clip("red"), broken)
    assert not (tmp_path / "work" / "output.mp4").exists()


def test_the_frames_of_all_clips_together_are_limited(room: Any) -> None:
    room.limits = replace(room.limits, frames=5)
    with pytest.raises(LimitExceeded, match=r"up to assets\.1 have 6 frames; .* at most 5"):
        room.join(room.clip(*["red"] * 3), room.clip(*["red"] * 3))


def test_as_many_frames_and_pixels_as_are_allowed_are_joined(room: Any) -> None:
    room.limits = replace(room.limits, frames=2, pixels_per_frame=64 * 32)
    assert room.joined(room.clip("red"), room.clip("blue")) == ["red", "blue"]


@pytest.mark.parametrize("large", [0, 1])
def test_the_pixels_of_every_clip_are_limited(room: Any, large: int) -> None:
    room.limits = replace(room.limits, pixels_per_frame=64 * 32)
    clips = [room.clip("red"), room.clip("red")]
    clips[large] = room.clip("red", size=(64, 64))
    with pytest.raises(LimitExceeded, match=rf"^assets\.{large}: The video has 64x64 pixels"):
        room.join(*clips)


def test_the_engine_has_no_templates(room: Any, tmp_path: Any) -> None:
    assert not JoinEngine.template_types
    template = tmp_path / "template"
    template.touch()
    with pytest.raises(TemplateInvalid):
        JoinEngine.renderer().inspect(template, "lottie", room.limits)
