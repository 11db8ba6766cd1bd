"""Files of every codec in the contract, as a player sees them."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from reelbatch.engines.encoding import AudioClip, output_size
from reelbatch.models.wire.codecs import CODECS

Build = Callable[..., Any]

VIDEOS = [codec.name for codec in CODECS.values() if codec.output_type == "video"]
STILLS = [codec.name for codec in CODECS.values() if codec.output_type == "image"]
TRANSPARENT = [codec.name for codec in CODECS.values() if codec.alpha]
H264 = "video_h264_vbr_5mbps"

# Levels by which a decoded colour may be off: lossy codecs round in YUV.
TOLERANCE = 4

COLOURS = [
    {"red": 255, "green": 0, "blue": 0},
    {"red": 0, "green": 255, "blue": 0},
    {"red": 0, "green": 0, "blue": 255},
    {"red": 30, "green": 120, "blue": 200},
]


def distance(picture: Any, red: int, green: int, blue: int) -> int:
    """Return the largest difference of any channel of any pixel from the colour."""
    return int(np.abs(picture[..., :3].astype(int) - (red, green, blue)).max())


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("colour", COLOURS)
def test_colours_survive_encoding(
    encode: Build, solid: Build, codec: str, colour: dict[str, int]
) -> None:
    picture = encode(codec, [solid((64, 48), **colour)]).pictures()[0]
    assert distance(picture, **colour) <= TOLERANCE


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (16, 16), (33, 17), (64, 64)])
@pytest.mark.parametrize("draft", [False, True])
def test_small_and_odd_sizes_work(
    encode: Build, solid: Build, codec: str, size: tuple[int, int], draft: bool
) -> None:
    width, height = output_size(codec, *size, draft)
    frame = solid((width, height), red=200, green=200, blue=200)
    picture = encode(codec, [frame], draft=draft).pictures()[0]
    assert picture.shape[:2] == (height, width)
    assert distance(picture, 200, 200, 200) <= TOLERANCE


@pytest.mark.parametrize("codec", VIDEOS)
def test_a_video_has_all_of_its_frames_in_order(
    encode: Build, moving_square: Build, codec: str
) -> None:
    frames = moving_square((96, 64), 12)
    pictures = encode(codec, frames).pictures()
    assert len(pictures) == 12
    for picture, frame in zip(pictures, frames, strict=True):
        error = np.abs(picture[..., :3].astype(int) - frame[..., 2::-1]).mean()
        assert error < 8


@pytest.mark.parametrize("codec", VIDEOS)
def test_equal_frames_give_equal_bytes(
    encode: Build, moving_square: Build, a_tone: Build, codec: str
) -> None:
    frames = moving_square((66, 34), 8)
    clip = AudioClip(a_tone(seconds=1), start=0, end=None)
    first, second = (encode(codec, frames, audio=[clip]).path.read_bytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("codec", [name for name in VIDEOS if name != "video_gif"])
@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(60)])
def test_a_video_lasts_as_long_as_its_frames(
    encode: Build, solid: Build, codec: str, rate: Fraction
) -> None:
    frames = [solid((32, 32), red=9, green=99, blue=199)] * 12
    assert encode(codec, frames, rate=rate).duration() == pytest.approx(float(12 / rate), abs=0.002)


def test_a_repeated_frame_is_shown_again(encode: Build, solid: Build) -> None:
    frames = [
        solid((32, 32), red=255, green=0, blue=0),
        None,
        None,
        solid((32, 32), red=0, green=0, blue=255),
    ]
    pictures = encode(H264, frames).pictures()
    reds = [int(picture[16, 16, 0]) > 128 for picture in pictures]
    assert reds == [True, True, True, False]


@pytest.mark.parametrize("megabits", [1, 5, 15, 40])
def test_a_constant_bit_rate_is_the_one_in_the_name(
    encode: Build, solid: Build, megabits: int
) -> None:
    frames = [solid((64, 64), red=10, green=20, blue=30)] * 150
    video = encode(f"video_h264_cbr_{megabits}mbps", frames)
    rate = video.path.stat().st_size * 8 / video.duration()
    assert rate == pytest.approx(megabits * 1_000_000, rel=0.06)


def test_a_variable_bit_rate_stays_below_the_one_in_the_name(encode: Build) -> None:
    noise = np.random.default_rng(7)
    frames = [noise.integers(0, 256, (240, 320, 4), np.uint8) for _ in range(60)]
    video = encode("video_h264_vbr_1mbps", frames)
    # The encoder's buffer of two seconds may be used up once.
    assert video.path.stat().st_size * 8 < 1_000_000 * (video.duration() + 2)


def test_an_mp4_can_be_played_before_it_is_fully_downloaded(encode: Build, solid: Build) -> None:
    content = encode(H264, [solid((32, 32), red=1, green=2, blue=3)] * 5).path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_a_video_is_tagged_as_bt709(encode: Build, solid: Build) -> None:
    video = encode(H264, [solid((32, 32), red=1, green=2, blue=3)])
    with av.open(str(video.path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)


@pytest.mark.parametrize("codec", TRANSPARENT)
@pytest.mark.parametrize("alpha", [0, 1, 40, 128, 254, 255])
def test_alpha_is_stored_with_straight_colours(
    encode: Build, solid: Build, codec: str, alpha: int
) -> None:
    frame = solid((32, 32), red=200, green=100, blue=50, alpha=alpha)
    picture = encode(codec, [frame]).pictures()[0]
    assert np.abs(picture[..., 3].astype(int) - alpha).max() <= 1
    if alpha >= 40:  # with less, premultiplied bytes have too little information on the colour
        # Premultiplied colours are rounded by up to half a level, which the division enlarges.
        assert distance(picture, 200, 100, 50) <= TOLERANCE + 128 // alpha


def test_png_alpha_is_exact(encode: Build) -> None:
    alpha, colour = np.mgrid[0:256, 0:256].astype(np.uint8)
    frame = np.stack([np.minimum(colour, alpha)] * 3 + [alpha], axis=-1)
    picture = encode("image_png", [frame]).pictures()[0].astype(int)
    visible = picture[..., 3] > 0
    straight = np.minimum(colour, alpha)[visible] * 255.0 / alpha[visible]
    assert np.abs(picture[visible][:, 0] - straight).max() <= 0.5


@pytest.mark.parametrize("codec", ["image_jpeg", "video_gif", H264])
def test_an_opaque_codec_keeps_the_drawn_colours(encode: Build, solid: Build, codec: str) -> None:
    frame = solid((32, 32), red=90, green=90, blue=90)
    frame[..., 3] = 7  # an engine that draws on an opaque background may leave anything here
    assert distance(encode(codec, [frame]).pictures()[0], 90, 90, 90) <= TOLERANCE


def test_a_draft_still_is_smaller(encode: Build, moving_square: Build) -> None:
    frame = moving_square((256, 256), 1)
    full, draft = (encode("image_jpeg", frame, draft=draft) for draft in (False, True))
    assert draft.path.stat().st_size < full.path.stat().st_size


@pytest.mark.parametrize("codec", ["video_prores_422", "video_prores_4444"])
def test_every_frame_of_prores_states_its_colour_space(
    encode: Build, solid: Build, codec: str
) -> None:
    """SMPTE RDD 36: primaries, transfer and matrix are the bytes 14 to 16 of a frame's header."""
    frames = [solid((64, 48), red=level, green=0, blue=0) for level in (0, 100, 200)]
    content = encode(codec, frames).path.read_bytes()
    headers = [part[14:17] for part in content.split(b"icpf")[1:]]
    assert headers == [bytes([1, 1, 1])] * 3, "BT.709, as the container says"
