"""The guarantees that the frame writer gives to engines."""

import resource
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reelbatch.engines.encoding import FrameWriter, open_writer
from reelbatch.models.errors import LimitExceeded, RenderError

Build = Callable[..., Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "output"


def a_writer(path: Path, codec: str = "video_h264_vbr_5mbps", side: int = 32) -> FrameWriter:
    return open_writer(path, codec, width=side, height=side, frame_rate=Fraction(30), draft=False)


def test_a_frames_buffer_can_be_reused_at_once(path: Path, encode: Build, solid: Build) -> None:
    frames = [solid((64, 64), red=level, green=0, blue=0) for level in range(0, 250, 10)]
    expected = encode("video_h264_vbr_5mbps", frames).path.read_bytes()
    buffer = np.empty_like(frames[0])
    with a_writer(path, side=64) as writer:
        for frame in frames:
            buffer[:] = frame
            writer.write(buffer)
            buffer[:] = 255
    assert path.read_bytes() == expected


@pytest.mark.parametrize("codec", ["video_h264_vbr_5mbps", "video_prores_4444", "video_gif"])
def test_a_frame_equal_to_the_previous_one_counts_as_a_repetition(
    encode: Build, solid: Build, codec: str
) -> None:
    first, second = (solid((64, 150), red=red, green=0, blue=0) for red in (10, 200))
    first[..., 3] = 100  # the encoder may change its own copy, which must not matter
    repeated = encode(codec, [first, None, second, None, None, first])
    detected = encode(codec, [first, first.copy(), second, second, second, first])
    assert detected.path.read_bytes() == repeated.path.read_bytes()


@pytest.mark.parametrize("row", [0, 63, 64, 149])
def test_a_frame_that_differs_in_one_row_is_encoded(encode: Build, solid: Build, row: int) -> None:
    black = solid((64, 150), red=0, green=0, blue=0)
    lined = black.copy()
    lined[row, :, :3] = 255
    film = encode("video_prores_422", [black, lined, lined, black])
    with av.open(str(film.path)) as container:
        rows = [frame.to_ndarray(format="gray")[row].mean() for frame in container.decode(video=0)]
    assert [level > 100 for level in rows] == [False, True, True, False]


@pytest.mark.parametrize("codec", ["video_h264_vbr_5mbps", "video_gif", "video_vp9", "image_png"])
def test_an_exception_removes_the_file(path: Path, solid: Build, codec: str) -> None:
    def fail_in_the_middle() -> None:
        with a_writer(path, codec) as writer:
            writer.write(solid((32, 32), red=1, green=2, blue=3))
            raise KeyError("drawing failed")

    with pytest.raises(KeyError, match="drawing failed"):
        fail_in_the_middle()
    assert not path.exists()


def test_a_failure_of_the_encoder_reaches_the_caller(path: Path, solid: Build) -> None:
    def write_two_stills() -> None:
        with a_writer(path, "image_png") as writer:
            for _ in range(2):
                writer.write(solid((32, 32), red=1, green=2, blue=3))

    with pytest.raises(RenderError, match="a still has only one frame"):
        write_two_stills()
    assert not path.exists()


def test_a_caller_never_waits_for_an_encoder_that_failed(path: Path, solid: Build) -> None:
    def write_many_stills() -> None:
        with a_writer(path, "image_png") as writer:
            while True:
                writer.write(solid((32, 32), red=1, green=2, blue=3))

    with pytest.raises(RenderError, match="a still has only one frame"):
        write_many_stills()


def test_a_file_larger_than_the_process_may_write_exceeds_a_limit(path: Path) -> None:
    noise = np.random.default_rng(1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def write_noise() -> None:
        with a_writer(path, "video_h264_cbr_40mbps", side=256) as writer:
            for _ in range(30):
                writer.write(noise.integers(0, 256, (256, 256, 4), np.uint8))

    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(LimitExceeded, match="larger than this server allows"):
            write_noise()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not path.exists()


def test_an_output_without_frames_is_an_error(path: Path) -> None:
    with pytest.raises(RenderError, match="no frames"), a_writer(path):
        pass
    assert not path.exists()


def test_there_must_be_a_frame_to_repeat(path: Path) -> None:
    with pytest.raises(RenderError, match="no frame to repeat"), a_writer(path) as writer:
        writer.repeat()


def test_a_frame_of_another_size_is_refused(path: Path, solid: Build) -> None:
    with pytest.raises(RenderError, match="must be uint8"), a_writer(path) as writer:
        writer.write(solid((30, 32), red=1, green=2, blue=3))


def test_a_missing_folder_is_a_render_error(tmp_path: Path, solid: Build) -> None:
    def write_one_frame() -> None:
        with a_writer(tmp_path / "missing" / "output.mp4") as writer:
            writer.write(solid((32, 32), red=1, green=2, blue=3))

    with pytest.raises(RenderError, match="could not be encoded"):
        write_one_frame()


def test_an_unknown_codec_is_named(path: Path) -> None:
    with pytest.raises(RenderError, match="video_h265"):
        a_writer(path, "video_h265")
