"""Videos that replace layers' pictures."""

import io
import struct
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import av
import numpy as np
import pytest

from reelbatch.models.errors import AssetInvalid, LimitExceeded

NOTHING = None


@pytest.fixture
def film(workshop: Any) -> Any:
    """A document with one solid, `Film`, that lasts twelve frames."""
    return workshop.document(workshop.solid("Film", "#ff0000", op=12), op=12)


def shown(pictures: list[Any], x: int = 20, y: int = 30) -> list[int | None]:
    """The number of the footage's frame that each picture shows at a point."""
    pixels = [picture[y, x].tolist() for picture in pictures]
    return [round((red - 30) / 10) if alpha > 127 else NOTHING for red, _, _, alpha in pixels]


def video(workshop: Any, layer: str = "Film", content: bytes | None = None, **fields: Any) -> Any:
    content = workshop.footage(**fields) if content is None else content
    return workshop.asset(content, type="video", layerName=layer, src="https://example.com/a")


def played(workshop: Any, document: Any, *assets: Any, **settings: Any) -> list[int | None]:
    return shown(workshop.film(document, "video_prores_4444", assets=assets, **settings))


@pytest.mark.parametrize("kind", ["mp4", "mkv", "mpegts", "avi", "webm", "mov"])
def test_a_video_replaces_a_layers_picture_and_ends_with_its_last_frame(
    workshop: Any, film: Any, kind: str
) -> None:
    frames = played(workshop, film, video(workshop, kind=kind))
    assert frames == [0, 1, 2, 3, 4, 5] + [NOTHING] * 6


def test_an_animated_gif_plays_at_its_own_rate(workshop: Any, film: Any) -> None:
    gif = video(workshop, kind="gif", rate=10, frames=3)
    assert played(workshop, film, gif) == [0, 0, 0, 1, 1, 1, 2, 2, 2, *[NOTHING] * 3]


@pytest.mark.parametrize("kind", ["webm", "mov"])
def test_layers_below_show_through_a_transparent_video(workshop: Any, kind: str) -> None:
    document = workshop.document(workshop.solid("Film", "#ff0000"), workshop.solid("A", "#0000ff"))
    drawn = workshop.still(document, video(workshop, kind=kind), frame=3)
    assert shown([drawn]) == [3]
    assert np.abs(drawn[:, 60:].astype(int) - [0, 0, 255, 255]).max() <= 2  # lossy alpha


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (15, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        (24, [0, 0, 1, 2, 3, 4, 4, 5, NOTHING, NOTHING, NOTHING, NOTHING]),
        (60, [0, 2, 4, *[NOTHING] * 9]),
    ],
)
def test_a_frame_shows_the_latest_picture_of_the_video(
    workshop: Any, film: Any, rate: int, expected: Any
) -> None:
    assert played(workshop, film, video(workshop, rate=rate)) == expected


def test_a_video_begins_at_its_layers_start_time(workshop: Any, film: Any) -> None:
    film["layers"][0].update(st=4, ip=2, op=9)
    assert played(workshop, film, video(workshop)) == (
        [NOTHING] * 4 + [0, 1, 2, 3, 4] + [NOTHING] * 3
    )
    film["layers"][0].update(st=-2, ip=0)
    assert played(workshop, film, video(workshop))[:4] == [2, 3, 4, 5]


def test_a_composition_that_begins_later_shows_a_video_from_there(workshop: Any, film: Any) -> None:
    film["ip"] = 2
    assert played(workshop, film, video(workshop)) == [2, 3, 4, 5] + [NOTHING] * 6


def test_a_layer_is_stretched_in_time_and_runs_backwards(workshop: Any, film: Any) -> None:
    film["layers"][0].update(sr=2)
    assert played(workshop, film, video(workshop)) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    film["layers"][0].update(sr=-1, st=19)
    backwards = played(workshop, film, video(workshop, frames=20))
    assert backwards == list(range(19, 7, -1))


def test_every_use_of_a_precomposition_has_its_own_time(workshop: Any) -> None:
    inner = [workshop.solid("Film", "#ff0000", w=50)]
    uses = [workshop.precomp("Use", "comp_0", st=0), workshop.precomp("Use", "comp_0", st=2)]
    uses[1]["ks"]["p"]["k"] = [50, 0, 0]
    document = workshop.document(*uses, assets=[{"id": "comp_0", "nm": "Card", "layers": inner}])
    content = workshop.footage(size=(50, 60))
    asset = workshop.asset(
        content, type="video", layerName="Film", src="https://example.com/a", composition="Card"
    )
    pictures = workshop.film(document, "video_prores_4444", assets=[asset])
    assert shown(pictures, x=20) == [0, 1, 2, 3, 4, 5]
    assert shown(pictures, x=70) == [NOTHING, NOTHING, 0, 1, 2, 3]


def test_two_layers_show_two_videos(workshop: Any) -> None:
    document = workshop.document(
        workshop.solid("Left", "#ff0000", w=50), workshop.solid("Right", "#ff0000", x=50, w=50)
    )
    size = (50, 60)
    left = video(workshop, "Left", size=size)
    slow = workshop.asset(None, type="video", layerName="Right", src="https://example.com/a")
    slow = replace(slow, file=workshop.file(workshop.footage(size=size, rate=15), "slow.bin"))
    pictures = workshop.film(document, "video_prores_4444", assets=[left, slow])
    assert shown(pictures, x=20) == [0, 1, 2, 3, 4, 5]
    assert shown(pictures, x=70) == [0, 0, 1, 1, 2, 2]


def test_a_video_in_a_remapped_precomposition_is_refused(workshop: Any) -> None:
    use = workshop.precomp("Use", "comp_0", tm={"a": 0, "k": 0.1})
    inner = {"id": "comp_0", "nm": "Card", "layers": [workshop.solid("Film", "#ff0000")]}
    asset = workshop.asset(
        workshop.footage(), type="video", layerName="Film", src="a", composition="Card"
    )
    with pytest.raises(AssetInvalid, match="'Use' remaps the time"):
        workshop.still(workshop.document(use, assets=[inner]), asset)


def test_a_video_is_shown_whole_centred_and_undistorted(workshop: Any) -> None:
    document = workshop.document(workshop.solid("Film", "#ff0000", x=10, y=10, w=80, h=40))
    drawn = workshop.still(document, video(workshop, size=(200, 200)), frame=2)
    assert shown([drawn], 50, 30) == shown([drawn], 34, 12) == shown([drawn], 66, 48) == [2]
    for x, y in ((25, 30), (75, 30), (50, 5)):
        assert drawn[y, x].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["mp4", "webm"])
@pytest.mark.parametrize("width", [99, 98, 94, 92, 52])
def test_every_pixel_of_a_video_is_set(workshop: Any, width: int, kind: str) -> None:
    document = workshop.document(workshop.solid("Film", "#ff0000", w=width), w=width)
    asset = video(workshop, kind=kind, size=(width + width % 2, 60))
    drawn = workshop.still(document, asset, frame=2)[1:-1].astype(int)
    left, right = drawn[:, : width // 2 - 1], drawn[:, width // 2 + 2 :]
    assert np.abs(left - [50, 50, 50, 255]).max() <= 2
    assert np.abs(right - ([0, 0, 0, 0] if kind == "webm" else [50, 50, 50, 255])).max() <= 2


def test_a_video_rotated_by_a_phone_is_upright(workshop: Any) -> None:
    lying = bytearray(workshop.footage(size=(120, 60)))
    matrix = lying.index(b"tkhd") + 4 + 40  # ISO 14496-12, 8.3.2
    lying[matrix : matrix + 36] = struct.pack(
        ">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 60 << 16, 0, 1 << 30
    )
    document = workshop.document(workshop.solid("Film", "#ff0000"))
    drawn = workshop.still(document, video(workshop, content=bytes(lying)))
    columns = np.flatnonzero(drawn[30, :, 3] > 127)
    assert (columns[0], columns[-1]) == (35, 64)


def test_a_range_of_frames_equals_that_part_of_the_whole_film(workshop: Any) -> None:
    document = workshop.document(workshop.solid("Film", "#ff0000", op=300), op=300)
    asset = video(workshop, frames=280)
    grey = [
        frame[30, 20, 0] for frame in workshop.film(document, "video_prores_4444", assets=[asset])
    ]
    late = workshop.film(document, "video_prores_4444", assets=[asset], frame=250, end=260)
    assert [frame[30, 20, 0] for frame in late] == grey[250:260]


def test_the_same_video_gives_the_same_bytes(workshop: Any, film: Any) -> None:
    asset = video(workshop, size=(64, 48))
    first, _ = workshop.render(film, "video_h264_vbr_5mbps", assets=[asset], output="first")
    second, _ = workshop.render(film, "video_h264_vbr_5mbps", assets=[asset], output="second")
    assert first.read_bytes() == second.read_bytes()


def test_the_sound_of_a_video_is_heard_with_it(workshop: Any) -> None:
    layer = workshop.solid("Film", "#ff0000") | {"ip": 15, "op": 45, "st": 15}
    document = workshop.document(layer, op=60)
    asset = video(workshop, frames=60, sound=workshop.tone(2))
    path, _ = workshop.render(document, "video_h264_vbr_1mbps", assets=[asset])
    assert workshop.loud_halves(path, 2) == [False, True, True, False]
    silent = workshop.document({**layer, "au": {"lv": {"a": 0, "k": [0, 0]}}}, op=60)
    path, _ = workshop.render(silent, "video_h264_vbr_1mbps", assets=[asset])
    assert workshop.loud_halves(path, 2) == [False] * 4


def test_a_video_without_sound_makes_a_film_without_sound(workshop: Any, film: Any) -> None:
    path, _ = workshop.render(film, "video_h264_vbr_1mbps", assets=[video(workshop)])
    with av.open(path, "r") as output:
        assert not output.streams.audio


def test_a_later_picture_replaces_a_video(workshop: Any, film: Any) -> None:
    picture = workshop.file(workshop.picture((0, 0, 255), (100, 60)), "picture.png")
    image = workshop.asset(None, type="image", layerName="Film", src="a")
    drawn = workshop.still(film, video(workshop), replace(image, file=picture))
    assert drawn[30, 50].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a video"),
        (b"<svg/>", "is not a video"),
        (b"#EXTM3U\n#EXTINF:1,\nhttps://example.com/a.ts\n", "is not a video"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "is not a video"),
        (b"RIFF____WAVEfmt ", "is not a video"),
    ],
    ids=["empty", "drawing", "playlist", "list of files", "sound"],
)
def test_a_file_that_is_not_a_video_is_refused_with_its_layer(
    workshop: Any, film: Any, content: bytes, message: str
) -> None:
    with pytest.raises(AssetInvalid, match=rf"'Film'.*{message}"):
        workshop.still(film, video(workshop, content=content))


def test_half_of_a_video_is_refused_or_shown_as_far_as_it_goes(workshop: Any, film: Any) -> None:
    half = workshop.footage("mpegts", frames=12)
    frames = played(workshop, film, video(workshop, content=half[: len(half) // 2]))
    assert (frames[0], frames[-1]) == (0, NOTHING)
    mp4 = workshop.footage()
    with pytest.raises(AssetInvalid, match="'Film'"):
        workshop.still(film, video(workshop, content=mp4[: len(mp4) // 2]))


def test_a_video_of_too_many_pixels_is_refused(workshop: Any, film: Any) -> None:
    workshop.limits = replace(workshop.limits, pixels_per_frame=100 * 60)
    with pytest.raises(LimitExceeded, match="The video has 102x60 pixels"):
        workshop.still(film, video(workshop, size=(102, 60)))


@pytest.mark.parametrize(("h", "fits"), [(60, True), (61, False)])
def test_the_layer_that_a_video_is_fitted_into_is_limited(
    workshop: Any, film: Any, h: int, fits: bool
) -> None:
    workshop.limits = replace(workshop.limits, pixels_per_frame=100 * 60)
    film["layers"][0]["sh"] = h
    refused = pytest.raises(LimitExceeded, match="A video layer has more than 6000 pixels")
    with nullcontext() if fits else refused:
        workshop.still(film, video(workshop))


def test_too_many_videos_are_refused(workshop: Any) -> None:
    layers = [workshop.solid("Film", "#ff0000") for _ in range(33)]
    with pytest.raises(LimitExceeded, match="more than 32 layers"):
        workshop.still(workshop.document(*layers), video(workshop))


def test_a_text_cannot_show_a_video(workshop: Any) -> None:
    document = workshop.document(workshop.text("Film", "A"))
    with pytest.raises(AssetInvalid, match="type text cannot show a picture"):
        workshop.still(document, video(workshop))


PQ, HLG, BT2020 = 16, 18, 9  # FFmpeg's and H.273's numbers


def chroma(red: float, blue: float, luma: float) -> tuple[float, float]:
    return (blue - luma) / 1.8814, (red - luma) / 1.4746


def hdr_footage(transfer: int, *signal: float) -> bytes:
    """A video of one colour, in BT.2020: `signal` is red, green and blue from 0 to 1."""
    packed = io.BytesIO()
    film: Any = av.open(packed, "w", format="mp4")
    with film:
        # x265 gives a film shorter than its delay for B-frames random timestamps.
        options = {"x265-params": "log-level=none:bframes=0"}
        stream = film.add_stream("libx265", rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = 100, 60, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace = transfer, BT2020, BT2020
        picture = av.VideoFrame(100, 60, "yuv420p10le")
        picture.pts = 0
        red, green, blue = signal
        luma = 0.2627 * red + 0.6780 * green + 0.0593 * blue  # BT.2020
        levels = (64 + 876 * luma, *(512 + 896 * c for c in chroma(red, blue, luma)))
        for plane, level in zip(picture.planes, levels, strict=True):
            plane.update(np.full(plane.buffer_size // 2, round(level), "<u2").tobytes())
        picture.color_trc, picture.color_primaries = transfer, BT2020
        film.mux(stream.encode(picture))
        film.mux(stream.encode(None))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("transfer", "signal", "level"),
    [
        (PQ, 0.0, 0),
        (PQ, 0.38, 99),  # 25 cd/m2: a mid grey
        (PQ, 0.58, 244),  # 203 cd/m2: white, with headroom for brighter colours
        (PQ, 0.75, 255),
        (HLG, 0.0, 0),
        (HLG, 0.38, 101),
        (HLG, 0.75, 245),
        (HLG, 1.0, 255),
    ],
)
def test_footage_of_high_dynamic_range_is_as_bright_as_other_footage(
    workshop: Any, film: Any, transfer: int, signal: float, level: int
) -> None:
    content = hdr_footage(transfer, signal, signal, signal)
    drawn = workshop.still(film, video(workshop, content=content))[30, 50]
    assert drawn.tolist() == pytest.approx([level, level, level, 255], abs=4)


def test_colours_of_high_dynamic_range_keep_their_hue(workshop: Any, film: Any) -> None:
    red, green, blue, _ = workshop.still(
        film, video(workshop, content=hdr_footage(PQ, 0.9, 0.3, 0.3))
    )[30, 50].tolist()
    assert red > 240
    assert max(green, blue) < 60
