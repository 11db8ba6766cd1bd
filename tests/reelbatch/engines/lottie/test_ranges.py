"""Segments of a film: ranges of frames, drawn as in the whole film and without sound."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reelbatch.engines.base import RenderRequest
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output

PRORES = "video_prores_422"  # encodes each frame by itself


def film(workshop: Any) -> tuple[Any, list[Any]]:
    """Twelve frames of a rotating solid above a layer that shows a video with sound."""
    turning = workshop.solid("Turning", "#00ff00", 30, 10, w=40, h=40, op=12)
    turning["ks"]["r"] = {"a": 1, "k": [{"t": 0, "s": [0]}, {"t": 12, "s": [90]}]}
    document = workshop.document(turning, workshop.solid("Film", "#ff0000", op=12), op=12)
    footage = workshop.footage(frames=20, sound=workshop.tone(1))
    video = workshop.asset(footage, type="video", layerName="Film", src="https://example.com/a")
    return document, [video]


@pytest.mark.parametrize(("start", "end"), [(0, 5), (5, 9), (9, 12)])
def test_a_range_shows_the_same_frames_as_the_whole_film(
    workshop: Any, start: int, end: int
) -> None:
    document, assets = film(workshop)
    whole = workshop.film(document, PRORES, assets=assets)
    part = workshop.film(document, PRORES, assets=assets, frame=start, end=end, output="part")
    assert len(part) == end - start
    for one, other in zip(part, whole[start:end], strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 2  # ProRes's rate control


def a_request(workshop: Any, folder: Path) -> RenderRequest:
    document, assets = film(workshop)
    work_dir = folder / "work"
    work_dir.mkdir()
    return RenderRequest(
        template=workshop.file(document),
        template_type="lottie",
        composition="Main",
        output=Output(output_type="video", codec=PRORES, first_frame=3, end_frame=9),
        output_path=work_dir / "output.mov",
        work_dir=work_dir,
        assets=assets,
    )


def test_a_segment_has_no_sound(workshop: Any, tmp_path: Path) -> None:
    request = a_request(workshop, tmp_path)
    workshop.renderer.render(replace(request, sound=False), workshop.progress.append)
    with av.open(str(request.output_path)) as segment:
        assert not segment.streams.audio
        assert len(list(segment.decode(video=0))) == 6


def test_the_sound_of_an_output_is_available_without_its_pictures(
    workshop: Any, tmp_path: Path
) -> None:
    assert LottieEngine.renders_ranges
    [clip] = workshop.renderer.sounds(a_request(workshop, tmp_path))
    assert clip.start == pytest.approx(-3 / 30), "the output begins with the third frame"
    assert clip.end == pytest.approx(6 / 30)


def test_segments_are_joined_with_the_sound_of_the_whole(
    workshop: Any, tmp_path: Path, confined_engines: Any
) -> None:
    whole = a_request(workshop, tmp_path)
    segments: list[Path] = []
    for first, end in ((3, 6), (6, 9)):
        file = tmp_path / "work" / f"{first}.mov"
        output = whole.output.model_copy(update={"first_frame": first, "end_frame": end})
        request = replace(whole, output=output, output_path=file, sound=False)
        workshop.renderer.render(request, workshop.progress.append)
        segments.append(file.rename(tmp_path / file.name))
    joined = confined_engines.join("lottie", whole, segments, Fraction(30))
    at_once = replace(whole, output_path=tmp_path / "work" / "whole.mov")
    workshop.renderer.render(at_once, workshop.progress.append)
    assert frames_of(whole.output_path) == joined.frames == frames_of(at_once.output_path) == 6
    assert np.array_equal(sound_of(whole.output_path), sound_of(at_once.output_path))


def frames_of(file: Path) -> int:
    with av.open(str(file)) as film:
        return len(list(film.decode(video=0)))


def sound_of(file: Path) -> Any:
    with av.open(str(file)) as film:
        return np.concatenate([part.to_ndarray() for part in film.decode(audio=0)], axis=1)
