"""The conditions under which a job is rendered in segments."""

import pytest

from api.submission.plan import extent_of, split_of
from reelbatch.engines.base import RenderEngine
from reelbatch.engines.join import JoinEngine
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output, Split
from reelbatch.models.stored.templates import Composition
from workflows.segments import frame_ranges

FILM = Composition(name="main", width=100, height=50, frame_rate=25.0, frames=1000)
SECOND = 25 * 100 * 50  # pixels of the film in a second


def an_output(
    codec: str = "video_h264_vbr_5mbps",
    first_frame: int = 0,
    end_frame: int | None = None,
    *,
    draft: bool = False,
) -> Output:
    return Output(
        output_type="video",
        codec=codec,
        first_frame=first_frame,
        end_frame=end_frame,
        draft=draft,
    )


def split_of_film(output: Output, engine: type[RenderEngine], segment_pixels: int) -> Split | None:
    extent = extent_of(output, FILM)
    return split_of(output, extent, FILM.frame_rate, engine, segment_pixels)


def test_a_long_output_is_split_by_its_number_of_pixels() -> None:
    split = split_of_film(an_output(), LottieEngine, segment_pixels=4 * SECOND)
    assert split is not None
    assert (split.first_frame, split.frames, split.most) == (0, 1000, 10)
    assert split.frame_rate == 25.0


def test_only_the_frames_of_the_output_count() -> None:
    split = split_of_film(
        an_output(first_frame=100, end_frame=600), LottieEngine, segment_pixels=4 * SECOND
    )
    assert split is not None
    assert (split.first_frame, split.frames, split.most) == (100, 500, 5)


def test_a_draft_has_a_quarter_of_the_pixels() -> None:
    split = split_of_film(an_output(draft=True), LottieEngine, segment_pixels=4 * SECOND)
    assert split is not None
    assert split.most == 2


@pytest.mark.parametrize("codec", ["video_gif", "image_png"])
def test_codecs_that_cannot_be_joined_have_no_segments(codec: str) -> None:
    assert split_of_film(an_output(codec), LottieEngine, segment_pixels=SECOND) is None


def test_short_outputs_have_no_segments() -> None:
    output = an_output(end_frame=199)
    assert split_of_film(output, LottieEngine, segment_pixels=4 * SECOND) is None


def test_operators_can_switch_segments_off() -> None:
    assert split_of_film(an_output(), LottieEngine, segment_pixels=0) is None


def test_engines_without_support_for_ranges_render_whole() -> None:
    assert split_of_film(an_output(), JoinEngine, segment_pixels=SECOND) is None


def test_the_segments_of_a_split_are_equally_long_and_leave_nothing_out() -> None:
    split = split_of_film(an_output(first_frame=7), LottieEngine, segment_pixels=SECOND)
    assert split is not None
    ranges = frame_ranges(split, 7)
    assert [frame for part in ranges for frame in part] == list(range(7, 1000))
    assert {len(part) for part in ranges} <= {141, 142}
