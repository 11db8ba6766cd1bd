"""The size of the output's frames."""

import pytest

from reelbatch.engines.output_size import output_size


@pytest.mark.parametrize(
    ("codec", "size", "expected"),
    [
        ("video_h264_vbr_15mbps", (1921, 1081), (1922, 1082)),
        ("video_h264_cbr_1mbps", (1, 1), (2, 2)),
        ("video_vp9", (33, 17), (34, 18)),
        ("video_av1", (2, 2), (4, 4)),
        ("video_prores_422", (33, 17), (34, 17)),
        ("video_prores_4444", (33, 17), (33, 17)),
        ("video_gif", (33, 17), (33, 17)),
        ("image_png", (33, 1), (33, 2)),
    ],
)
def test_sides_are_rounded_to_what_the_codec_can_store(
    codec: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert output_size(codec, *size, draft=False) == expected


@pytest.mark.parametrize(
    ("codec", "size", "expected"),
    [
        ("video_h264_vbr_15mbps", (1920, 1080), (960, 540)),
        ("video_h264_vbr_15mbps", (1922, 1082), (962, 542)),
        ("video_gif", (33, 17), (17, 9)),
        ("image_png", (2, 2), (2, 2)),
    ],
)
def test_a_draft_has_half_the_size(
    codec: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert output_size(codec, *size, draft=True) == expected


def test_the_older_spelling_of_a_codec_works() -> None:
    assert output_size("h264_vbr_15mbps", 3, 3, draft=False) == (4, 4)


@pytest.mark.parametrize(("codec", "size"), [("video_h265", (9, 9)), ("image_png", (0, 9))])
def test_an_impossible_size_or_codec_is_refused(codec: str, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"unknown codec|at least one pixel"):
        output_size(codec, *size, draft=False)
