"""Animated image assets, which are played like videos unless the job says otherwise."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from reelbatch.models.errors import AssetInvalid, LimitExceeded

NOTHING = None
CLEAR_AT, GREY_AT = (80, 30), (20, 30)


@pytest.fixture
def film(workshop: Any) -> Any:
    """A document with one solid, `Film`, and twelve frames at 30 per second."""
    return workshop.document(workshop.solid("Film", "#ff0000", op=12), op=12)


def animation(kind: str, durations: list[int]) -> bytes:
    """An animation whose frame number n has the grey 30 + 10 * n, and a transparent part."""
    pictures: list[Image.Image] = []
    for number in range(len(durations)):
        picture = Image.new("RGBA", (100, 60), (30 + 10 * number,) * 3 + (255,))
        picture.paste((0, 0, 0, 0), (60, 10, 95, 50))
        pictures.append(picture)
    packed = io.BytesIO()
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {"disposal": 2}
    pictures[0].save(
        packed, kind, save_all=True, append_images=pictures[1:], duration=durations, **options
    )
    return packed.getvalue()


def played(workshop: Any, document: Any, content: bytes, **fields: Any) -> list[int | None]:
    """The number of the animation's frame that each output frame shows."""
    asset = {"type": "image", "layerName": "Film", "src": "https://example.com/a", **fields}
    placed = workshop.asset(content, **asset)
    frames = workshop.film(document, "video_prores_4444", assets=[placed])
    assert all(frame[CLEAR_AT[1], CLEAR_AT[0], 3] < 8 for frame in frames)
    seen = [frame[GREY_AT[1], GREY_AT[0]].tolist() for frame in frames]
    return [round((red - 30) / 10) if alpha > 127 else NOTHING for red, _, _, alpha in seen]


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
@pytest.mark.parametrize("fields", [{}, {"conform": None}, {"conform": True}, {"type": "video"}])
def test_an_animated_picture_is_played(
    workshop: Any, film: Any, kind: str, fields: dict[str, Any]
) -> None:
    frames = played(workshop, film, animation(kind, [100, 100, 100]), **fields)
    assert frames == [0, 0, 0, 1, 1, 1, 2, 2, 2, *[NOTHING] * 3]


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_without_conform_only_the_first_frame_is_shown(workshop: Any, film: Any, kind: str) -> None:
    assert played(workshop, film, animation(kind, [100, 100]), conform=False) == [0] * 12


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_each_frame_has_its_own_duration(workshop: Any, film: Any, kind: str) -> None:
    frames = played(workshop, film, animation(kind, [200, 100, 50]))
    assert frames[:10] == [0] * 6 + [1] * 3 + [2]


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_a_picture_with_a_single_frame_stays_a_still(workshop: Any, film: Any, kind: str) -> None:
    assert played(workshop, film, animation(kind, [100])) == [0] * 12


def test_an_animation_with_too_many_pixels_or_frames_is_refused(workshop: Any, film: Any) -> None:
    usual = workshop.limits
    workshop.limits = replace(usual, pixels_per_frame=100 * 60 - 1)
    with pytest.raises(LimitExceeded):
        played(
            workshop, workshop.document(film["layers"][0], w=10, h=10), animation("WEBP", [9, 9])
        )
    workshop.limits = replace(usual, frames=12)
    with pytest.raises(LimitExceeded, match="more than 12 frames"):
        played(workshop, film, animation("WEBP", [100] * 13))


def test_a_damaged_animation_is_refused(workshop: Any, film: Any) -> None:
    content = animation("WEBP", [100, 100])
    with pytest.raises(AssetInvalid, match=r"The animated WebP is damaged\.$"):
        played(workshop, film, content[: len(content) * 2 // 3], type="video")
