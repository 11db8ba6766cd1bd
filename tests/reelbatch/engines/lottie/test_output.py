"""The output files: codecs, frames, sizes, transparency and sound."""

from fractions import Fraction
from typing import Any

import av
import pytest

from reelbatch.models.errors import AssetInvalid, RenderError, TemplateInvalid
from reelbatch.models.wire.codecs import CODECS

FILMS = sorted(name for name, codec in CODECS.items() if codec.output_type == "video")


@pytest.fixture
def countdown(workshop: Any) -> Any:
    """Six frames whose left half gets lighter by 40 per frame."""
    layers = [
        workshop.solid(f"Frame {frame}", f"#{frame * 40:02x}{frame * 40:02x}{frame * 40:02x}", w=50)
        | {"ip": frame, "op": frame + 1}
        for frame in range(6)
    ]
    return workshop.document(*layers)


def greys(film: list[Any]) -> list[int]:
    return [round(int(frame[30, 20, 0]) / 40) for frame in film]


@pytest.mark.parametrize("codec", FILMS)
def test_a_film_has_every_frame_in_order(workshop: Any, countdown: Any, codec: str) -> None:
    film = workshop.film(countdown, codec)
    assert film[0].shape[:2] == (60, 100)
    assert greys(film) == [0, 1, 2, 3, 4, 5]


@pytest.mark.unconfined  # a render process only passes some of the progress on
def test_progress_is_reported_with_every_frame(workshop: Any, countdown: Any) -> None:
    workshop.render(countdown, "video_h264_vbr_5mbps")
    assert workshop.progress == pytest.approx([100 / 6 * done for done in range(1, 7)])


def test_a_range_of_frames_is_rendered_with_an_exclusive_end(workshop: Any, countdown: Any) -> None:
    film = workshop.film(countdown, "video_h264_vbr_5mbps", frame=2, end=5)
    assert greys(film) == [2, 3, 4]


def test_frames_count_from_the_templates_first_frame(workshop: Any) -> None:
    early, late = workshop.solid("A", "#ff0000", op=12), workshop.solid("B", "#0000ff")
    late.update(ip=12, op=20)
    document = workshop.document(early, late, ip=10, op=14)
    assert workshop.inspect(document).compositions[0].frames == 4
    assert workshop.still(document, frame=1)[30, 50].tolist() == [255, 0, 0, 255]
    assert workshop.still(document, frame=2)[30, 50].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize(("first", "end"), [(6, 7), (0, 7), (3, 3)])
def test_frames_outside_the_composition_are_refused(
    workshop: Any, countdown: Any, first: int, end: int
) -> None:
    with pytest.raises(RenderError, match=r"outside the composition 'Main', which has 6"):
        workshop.render(countdown, "video_gif", frame=first, end=end)


def test_the_film_runs_at_the_templates_rate(workshop: Any, countdown: Any) -> None:
    path, _ = workshop.render({**countdown, "fr": 29.9700012207031}, "video_h264_vbr_5mbps")
    with av.open(path, "r") as film:
        assert film.streams.video[0].average_rate == Fraction(30000, 1001)


@pytest.mark.parametrize("codec", ["image_png", "image_webp", "video_prores_4444"])
def test_codecs_with_alpha_keep_the_background_transparent(
    workshop: Any, countdown: Any, codec: str
) -> None:
    picture = (
        workshop.still(countdown, codec=codec)
        if codec.startswith("image")
        else workshop.film(countdown, codec)[0]
    )
    assert picture[30, 80, 3] == 0
    assert picture[30, 20, 3] > 250


@pytest.mark.parametrize("codec", ["image_jpeg", "video_h264_vbr_5mbps", "video_gif"])
def test_codecs_without_alpha_show_white(workshop: Any, countdown: Any, codec: str) -> None:
    picture = (
        workshop.still(countdown, codec=codec)
        if codec.startswith("image")
        else workshop.film(countdown, codec)[0]
    )
    assert picture[30, 80].min() > 250
    assert picture[30, 20, :3].max() < 10


@pytest.mark.parametrize("kind", ["solid", "shape", "text"])
def test_half_opacity_is_half(workshop: Any, kind: str) -> None:
    layer = {
        "solid": workshop.solid("Box", "#000000"),
        "shape": workshop.shape("Box", workshop.rectangle(0, 0, 100, 60), workshop.fill(0, 0, 0)),
        "text": workshop.text("Box", "H", s=80),
    }[kind]
    drawn = workshop.still(workshop.document(layer), workshop.value("Box", "Opacity", 50))
    assert drawn[30, 12, 3] in (127, 128)


def test_a_draft_is_drawn_at_half_size(workshop: Any, countdown: Any) -> None:
    path, rendered = workshop.render(countdown, "image_png", draft=True)
    assert (rendered.width, rendered.height, rendered.frames) == (50, 30, 1)
    picture = workshop.still(countdown, draft=True)
    assert picture.shape == (30, 50, 4)
    assert (picture[15, 24, 3], picture[15, 25, 3]) == (255, 0)
    assert path.exists()


def test_a_precomposition_is_rendered_by_name(workshop: Any) -> None:
    document = workshop.document(
        workshop.precomp("Use", "comp_0", w=40, h=20),
        assets=[
            {"id": "comp_0", "nm": "Badge", "layers": [workshop.solid("Ground", "#0000ff", op=3)]}
        ],
    )
    path, rendered = workshop.render(document, "video_gif", composition="Badge")
    assert (rendered.width, rendered.height, rendered.frames) == (40, 20, 3)
    assert path.exists()
    with pytest.raises(TemplateInvalid, match="no composition 'Nothing'; it has 'Main', 'Badge'"):
        workshop.render(document, composition="Nothing")


@pytest.mark.parametrize("codec", ["video_h264_vbr_5mbps", "image_png", "video_gif"])
def test_the_same_request_gives_the_same_bytes(workshop: Any, countdown: Any, codec: str) -> None:
    countdown["layers"].insert(0, workshop.text("Words", "Hag") | {"ind": 9})
    first, _ = workshop.render(countdown, codec, output="first")
    second, _ = workshop.render(countdown, codec, output="second")
    assert first.read_bytes() == second.read_bytes()


def test_a_render_does_not_affect_the_next_one(workshop: Any) -> None:
    document = workshop.document(workshop.text("Words", "Hag"))
    alone = workshop.still(document)
    workshop.still(document, workshop.asset(type="text", layerName="Words", value="Other"))
    workshop.still(workshop.document(workshop.text("Words", "Hag", font="Anton-Regular")))
    assert (workshop.still(document) == alone).all()


@pytest.fixture
def spoken(workshop: Any) -> Any:
    """Two seconds with an audio layer from 0.5 to 1.5 seconds."""
    voice = workshop.layer(6, "Voice", refId="voice") | {"ip": 15, "op": 45, "st": 15}
    ground = workshop.solid("Ground", "#ff0000") | {"ip": 30, "op": 60}
    return workshop.document(
        voice, ground, op=60, assets=[{"id": "voice", "u": "sounds/", "p": "voice.wav", "e": 0}]
    )


def test_the_templates_sound_plays_at_its_layers_time(workshop: Any, spoken: Any) -> None:
    template = workshop.archive({"data.json": spoken, "sounds/voice.wav": workshop.tone(2)})
    path, _ = workshop.render(template, "video_h264_vbr_1mbps")
    assert workshop.loud_halves(path, 2) == [False, True, True, False]
    path, _ = workshop.render(template, "video_h264_vbr_1mbps", frame=30)
    assert workshop.loud_halves(path, 1) == [True, False]


def test_a_sound_replaces_an_audio_layers_sound(workshop: Any, spoken: Any) -> None:
    sound = workshop.asset(
        workshop.tone(0.5), type="audio", layerName="Voice", src="https://example.com/a"
    )
    path, _ = workshop.render(spoken, "video_h264_vbr_1mbps", assets=[sound])
    assert workshop.loud_halves(path, 2) == [False, True, False, False]


def test_a_sound_on_another_layer_plays_while_it_is_shown(workshop: Any, spoken: Any) -> None:
    sound = workshop.asset(
        workshop.tone(5), type="audio", layerName="Ground", src="https://example.com/a"
    )
    path, _ = workshop.render(spoken, "video_h264_vbr_1mbps", assets=[sound])
    assert workshop.loud_halves(path, 2) == [False, False, True, True]


def test_a_file_without_sound_is_refused(workshop: Any, spoken: Any) -> None:
    sound = workshop.asset(b"silence", type="audio", layerName="Voice", src="https://example.com/a")
    with pytest.raises(AssetInvalid, match="cannot be read as sound"):
        workshop.render(spoken, "video_h264_vbr_1mbps", assets=[sound])
