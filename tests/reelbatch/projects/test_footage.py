"""Footage beside a project: sequences, videos, and what is said where they cannot be drawn."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import py_aep
import pytest
from PIL import Image

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.encoding import open_writer
from reelbatch.engines.lottie import LottieEngine
from tests.reelbatch.projects.made import Stage, a_project, a_zip
from tests.reelbatch.projects.test_features import drawn_frame

RED, BLUE = (255, 0, 0), (0, 0, 255)


def _film(file: Path) -> Path:
    """A second of red, and one of blue."""
    size: dict[str, Any] = {"width": 80, "height": 60, "frame_rate": Fraction(10), "draft": False}
    with open_writer(file, "video_h264_vbr_5mbps", **size) as film:
        for color in (RED, BLUE):
            frame = np.full((60, 80, 4), (*reversed(color), 255), np.uint8)  # BGRA
            for _ in range(10):
                film.write(frame)
    return file


def _pictures(folder: Path, first: int) -> Path:
    for number, color in enumerate((RED, BLUE), start=first):
        Image.new("RGB", (80, 60), color).save(folder / f"shot_{number:04d}.png")
    return folder / f"shot_{first:04d}.png"


def _sequence(stage: Stage, file: Path) -> Any:
    options = py_aep.ImportOptions(file)
    options.sequence = True
    item = stage.project.import_file(options)
    item.main_source.conform_frame_rate = 10.0
    return stage.main.add(item)


def _converted(folder: Path, build: Callable[[Stage], object], *, with_files: bool = True) -> Any:
    """What is told of a project with all files of the folder, and what renders are given."""
    files = {f"(Footage)/{file.name}": file.read_bytes() for file in folder.iterdir()}
    archive = folder / "project.zip"
    archive.write_bytes(a_zip({"project.aep": a_project(build)} | (files if with_files else {})))
    found = LottieEngine.renderer().convert(archive, "zip", folder / "made", RenderLimits())
    return found, folder / "made"


def test_a_numbered_sequence_shows_a_picture_a_frame(tmp_path: Path) -> None:
    """A project has the first and the last number alone."""
    first = _pictures(tmp_path, 9)
    found, made = _converted(tmp_path, lambda stage: _sequence(stage, first))
    assert found.warnings == []
    shown = [tuple(drawn_frame(made, n, tmp_path / f"frame {n}")[30, 40]) for n in (0, 1)]
    assert shown == [RED, BLUE]


def test_a_video_plays_from_the_start_of_its_layer(tmp_path: Path) -> None:
    film = _film(tmp_path / "film.mp4")

    def later(stage: Stage) -> None:
        stage.footage(film).start_time = 0.5

    found, made = _converted(tmp_path, later)
    assert found.warnings == []
    for frame, color in ((2, (255, 255, 255)), (10, RED), (18, BLUE)):
        pixels = drawn_frame(made, frame, tmp_path / f"frame {frame}")
        assert np.allclose(pixels[30, 40], color, atol=8), frame


def _stretched(stage: Stage, film: Path) -> None:
    stage.footage(film).stretch = 200


def _looped(stage: Stage, film: Path) -> None:
    stage.footage(film).source.main_source.loop = 2


def _reversed_inside(stage: Stage, film: Path) -> None:
    inner = stage.composition("Inner")
    inner.add(stage.project.import_file(py_aep.ImportOptions(film)))
    layer = stage.main.add(inner)
    layer.stretch = -100
    layer.start_time = 2.0


@pytest.mark.parametrize("build", [_stretched, _looped, _reversed_inside])
def test_a_video_that_does_not_play_as_it_is_is_a_reason(
    tmp_path: Path, build: Callable[[Stage, Path], None]
) -> None:
    film = _film(tmp_path / "film.mp4")
    found, made = _converted(tmp_path, lambda stage: build(stage, film))
    main = next(one for one in found.compositions if one.name == "Main")
    assert [reason.code for reason in main.reasons] == ["FOOTAGE_NOT_DRAWN"]
    drawn_frame(made, 0, tmp_path / "frame")  # all the same


def test_a_video_that_is_not_beside_the_project_is_missing(tmp_path: Path) -> None:
    film = _film(tmp_path / "film.mp4")
    found, _ = _converted(tmp_path, lambda stage: stage.footage(film), with_files=False)
    assert [(one.code, one.layer) for one in found.warnings] == [("MISSING_PICTURE", "film.mp4")]
