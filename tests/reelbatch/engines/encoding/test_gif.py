"""Animated GIF: time in hundredths of a second, and palettes."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

Build = Callable[..., Any]


def delays(path: Any) -> list[int]:
    """Return the duration of every frame in milliseconds."""
    with Image.open(path) as image:
        return [int(frame.info["duration"]) for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("rate", [Fraction(10), Fraction(25), Fraction(30), Fraction(60)])
def test_a_gif_lasts_as_long_as_its_frames(
    encode: Build, moving_square: Build, rate: Fraction
) -> None:
    gif = encode("video_gif", moving_square((64, 48), 24), rate=rate)
    assert sum(delays(gif.path)) == pytest.approx(float(24_000 / rate), abs=20)


def test_no_frame_is_too_short_for_browsers(encode: Build, moving_square: Build) -> None:
    gif = encode("video_gif", moving_square((64, 48), 30), rate=Fraction(120))
    assert min(delays(gif.path)) >= 20


def test_repeated_frames_become_one_long_frame(encode: Build, solid: Build) -> None:
    red = solid((16, 16), red=255, green=0, blue=0)
    blue = solid((16, 16), red=0, green=0, blue=255)
    gif = encode("video_gif", [red, *[None] * 9, blue, *[None] * 4], rate=Fraction(10))
    assert delays(gif.path) == [1000, 500]


def test_a_frame_that_came_too_fast_is_shown_if_it_is_repeated(encode: Build, solid: Build) -> None:
    red = solid((16, 16), red=255, green=0, blue=0)
    blue = solid((16, 16), red=0, green=0, blue=255)
    gif = encode("video_gif", [red, blue, *[None] * 118], rate=Fraction(120))
    assert [tuple(picture[8, 8, :3]) for picture in gif.pictures()] == [(255, 0, 0), (0, 0, 255)]
    assert sum(delays(gif.path)) == 1000


def test_still_parts_do_not_flicker(encode: Build, moving_square: Build) -> None:
    (first,) = moving_square((96, 64), 1)
    second = first.copy()
    second[:16, :16] = first[48:, 80:]
    before, after = encode("video_gif", [first, second]).pictures()
    assert (before[16:] == after[16:]).all()


def test_a_gif_loops_forever(encode: Build, moving_square: Build) -> None:
    gif = encode("video_gif", moving_square((64, 48), 3))
    with Image.open(gif.path) as image:
        assert image.info["loop"] == 0


def test_each_scene_has_its_own_colours(encode: Build, solid: Build) -> None:
    colours = [(level, 255 - level, level // 2) for level in range(0, 256, 5)]
    frames = [solid((16, 16), red=r, green=g, blue=b) for r, g, b in colours]
    pictures = encode("video_gif", frames, rate=Fraction(25)).pictures()
    assert [tuple(picture[8, 8, :3]) for picture in pictures] == colours


def a_photo() -> Any:
    """Return a picture with far more colours than a palette can hold."""
    y, x = np.mgrid[0:90, 0:160]
    photo = np.full((90, 160, 4), 255, np.uint8)
    photo[..., 0], photo[..., 1], photo[..., 2] = x * 255 // 160, y * 255 // 90, (x + y) % 251
    return photo


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (230, 51, 26), (231, 52, 27)])
def test_a_flat_colour_in_a_later_frame_is_exact(encode: Build, colour: tuple[int, ...]) -> None:
    before = a_photo()
    after = before.copy()
    after[30:50, 40:100, :3] = colour[::-1]
    pictures = encode("video_gif", [before, after, before, after]).pictures()
    assert [tuple(picture[40, 70, :3]) for picture in pictures[1::2]] == [colour, colour]
    flickers = (pictures[0][60:] != pictures[1][60:]).any(axis=-1).mean()
    assert flickers < 0.02, "only the pixels whose colour was replaced look different"


def test_a_few_pixels_of_a_new_colour_get_a_new_palette(encode: Build) -> None:
    before = a_photo()
    before[..., :3] //= 4
    after = before.copy()
    after[40:43, 70:73, :3] = 255
    _, picture = encode("video_gif", [before, after]).pictures()
    assert picture[41, 71, :3].min() > 200


def test_similar_colours_stay_distinct(encode: Build) -> None:
    ramp = np.full((16, 256, 4), 255, np.uint8)
    ramp[..., :3] = np.arange(256)[:, np.newaxis]
    (picture,) = encode("video_gif", [ramp]).pictures()
    assert picture[8, :, 0].tolist() == list(range(256))


@pytest.mark.parametrize("part", [np.s_[45, :], np.s_[:, 51], np.s_[45, 51]])
def test_even_the_thinnest_line_has_its_exact_colour(
    encode: Build, solid: Build, part: Any
) -> None:
    before = solid((160, 90), red=255, green=255, blue=255)
    after = before.copy()
    after[part] = (0, 0, 255, 255)
    _, picture = encode("video_gif", [before, after]).pictures()
    assert (picture[part] == (255, 0, 0, 255)).all()
    assert (picture != 255).any(axis=-1).sum() == (after != 255).any(axis=-1).sum()


def test_unused_entries_of_a_palette_are_not_black(encode: Build, solid: Build) -> None:
    gif = encode("video_gif", [solid((16, 16), red=255, green=200, blue=100)])
    with Image.open(gif.path) as image:
        assert set(image.getpalette() or []) == {255, 200, 100}
