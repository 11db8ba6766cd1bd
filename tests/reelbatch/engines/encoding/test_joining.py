"""Segments of a film that are joined without encoding their pictures again equal the film."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reelbatch.engines.encoding import AudioClip, join_segments
from reelbatch.models.errors import RenderError, SegmentsUnusable
from reelbatch.models.wire.codecs import CODECS

Build = Callable[..., Any]

JOINABLE = [codec.name for codec in CODECS.values() if codec.joinable]
H264 = "video_h264_vbr_5mbps"
FRAMES = 30
CUTS = (0, 11, 19, FRAMES)  # where segments begin, and the last one ends


def times(path: Path) -> list[list[int]]:
    """Return when pictures are shown and decoded, and how long they last, in the container's ticks.

    They are sorted, since the encoder may choose another decoding order.
    """
    with av.open(str(path)) as container:
        found = [one for one in container.demux(container.streams.video[0]) if one.size]
        shown = sorted(packet.pts for packet in found if packet.pts is not None)
        decoded = [packet.dts for packet in found if packet.dts is not None]
        assert len(shown) == len(decoded) == len(found)
        return [shown, decoded, [packet.duration or 0 for packet in found]]


def tracks(path: Path) -> list[Any]:
    """Return the facts about a file's tracks that a player reads before it plays them."""
    with av.open(str(path)) as container:
        facts: list[Any] = [container.duration, container.start_time, dict(container.metadata)]
        for stream in container.streams:
            facts += [stream.time_base, stream.duration, stream.frames, dict(stream.metadata)]
            facts += [stream.codec_context.name, stream.codec_context.codec_tag]
        video = container.streams.video[0]
        codec = video.codec_context
        facts += [video.average_rate, codec.pix_fmt, codec.width, codec.height]
        return [*facts, codec.colorspace, codec.color_range, codec.color_trc]


@pytest.fixture
def join(tmp_path: Path) -> Build:
    def joined(
        codec: str, segments: Sequence[Path], rate: Fraction, audio: Sequence[AudioClip] = ()
    ) -> Path:
        path = tmp_path / f"joined.{CODECS[codec].extension}"
        join_segments(path, codec, segments, lambda _: None, frame_rate=rate, audio=audio)
        return path

    return joined


@pytest.mark.parametrize(
    ("codec", "rate"),
    [
        *((codec, Fraction(30000, 1001)) for codec in JOINABLE),
        *((codec, Fraction(25)) for codec in (H264, "video_vp9", "video_av1")),
    ],
)
def test_joined_segments_equal_the_whole_film(
    encode: Build, join: Build, moving_square: Build, a_tone: Build, codec: str, rate: Fraction
) -> None:
    pictures = moving_square((96, 64), FRAMES)
    sound = [AudioClip(a_tone(seconds=1), start=0.1, end=None)]
    whole = encode(codec, pictures, rate=rate, audio=sound)
    segments = [encode(codec, pictures[a:b], rate=rate).path for a, b in pairwise(CUTS)]

    joined = type(whole)(join(codec, segments, rate, sound))

    assert times(joined.path) == times(whole.path)
    assert tracks(joined.path) == tracks(whole.path)
    assert np.array_equal(joined.sound(), whole.sound())
    shown, expected = joined.pictures(), whole.pictures()
    assert len(shown) == len(expected) == FRAMES
    for one, other in zip(shown, expected, strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).mean() < 4


@pytest.mark.parametrize("codec", [H264, "video_prores_422", "video_vp9", "video_av1"])
def test_players_can_start_at_each_segment(
    encode: Build, join: Build, moving_square: Build, codec: str
) -> None:
    pictures = moving_square((96, 64), FRAMES)
    segments = [encode(codec, pictures[a:b], rate=Fraction(25)).path for a, b in pairwise(CUTS)]
    with av.open(str(join(codec, segments, Fraction(25)))) as container:
        stream = container.streams.video[0]
        starts = [
            round(packet.pts * packet.time_base * 25)
            for packet in container.demux(stream)
            if packet.is_keyframe and packet.pts is not None
        ]
    assert set(CUTS[:-1]) <= set(starts)


def test_segments_without_sound_make_a_film_without_a_sound_track(
    encode: Build, join: Build, moving_square: Build
) -> None:
    pictures = moving_square((96, 64), 10)
    segments = [encode(H264, part).path for part in (pictures[:5], pictures[5:])]
    with av.open(str(join(H264, segments, Fraction(30)))) as container:
        assert not container.streams.audio


@pytest.mark.parametrize("other", [{"codec": "video_h264_cbr_1mbps"}, {"size": (98, 64)}])
def test_segments_with_different_parameters_are_refused(
    encode: Build, join: Build, moving_square: Build, tmp_path: Path, other: dict[str, Any]
) -> None:
    first = encode(H264, moving_square((96, 64), 5)).path
    codec, size = other.get("codec", H264), other.get("size", (96, 64))
    second = encode(codec, moving_square(size, 5)).path
    with pytest.raises(SegmentsUnusable, match="different parameters"):
        join(H264, [first, second], Fraction(30))
    assert not list(tmp_path.glob("joined.*"))


def test_the_progress_of_joining_ends_with_the_last_segment(
    encode: Build, moving_square: Build, tmp_path: Path
) -> None:
    pictures = moving_square((96, 64), 8)
    segments = [encode(H264, pictures[at : at + 2]).path for at in range(0, 8, 2)]
    reported: list[float] = []
    path = tmp_path / "joined.mp4"
    join_segments(path, H264, segments, reported.append, frame_rate=Fraction(30))
    assert reported == [25, 50, 75, 100]


def test_a_segment_that_does_not_begin_with_a_key_frame_is_refused(
    encode: Build, join: Build, moving_square: Build, tmp_path: Path
) -> None:
    first = encode(H264, moving_square((96, 64), 5)).path
    headless = tmp_path / "headless.mp4"
    film: Any = av.open(str(headless), "w")
    with av.open(str(first)) as whole, film:
        stream = film.add_stream_from_template(whole.streams.video[0])
        for packet in [packet for packet in whole.demux() if packet.size][1:]:
            packet.stream = stream
            film.mux(packet)
    with pytest.raises(SegmentsUnusable, match="begin with a key frame"):
        join(H264, [first, headless], Fraction(30))


def test_a_damaged_segment_is_refused(
    encode: Build, join: Build, moving_square: Build, tmp_path: Path
) -> None:
    first = encode(H264, moving_square((96, 64), 5)).path
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(first.read_bytes()[:200])
    with pytest.raises(SegmentsUnusable):
        join(H264, [first, damaged], Fraction(30))


@pytest.mark.parametrize("codec", ["video_gif", "image_png", "video_of_tomorrow"])
def test_codecs_whose_files_cannot_be_joined_are_refused(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "joined"
    with pytest.raises(RenderError, match="cannot be joined"):
        join_segments(path, codec, [path], lambda _: None, frame_rate=Fraction(30))
