"""Footage in a project's archive: sequences, videos, designs, and reasons if they are not drawn."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import py_aep
import pytest
from PIL import Image
from psd_tools import PSDImage

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.encoding import open_writer
from reelbatch.engines.lottie import LottieEngine
from tests.reelbatch.projects.made import Stage, a_project, a_zip
from tests.reelbatch.projects.test_features import drawn_frame

RED, BLUE = (255, 0, 0), (0, 0, 255)
PHOTOSHOP: Any = PSDImage  # its types are incomplete


def _film(file: Path) -> Path:
    """A second of red followed by a second of blue."""
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
    """Convert a project with the folder's files. Returns its inspection and the converted file."""
    files = {f"(Footage)/{file.name}": file.read_bytes() for file in folder.iterdir()}
    archive = folder / "project.zip"
    archive.write_bytes(a_zip({"project.aep": a_project(build)} | (files if with_files else {})))
    found = LottieEngine.renderer().convert(archive, "zip", folder / "made", RenderLimits())
    return found, folder / "made"


def test_a_numbered_sequence_shows_one_picture_per_frame(tmp_path: Path) -> None:
    """A project contains only the first and last number."""
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
def test_a_stretched_looped_or_reversed_video_is_a_reason(
    tmp_path: Path, build: Callable[[Stage, Path], None]
) -> None:
    film = _film(tmp_path / "film.mp4")
    found, made = _converted(tmp_path, lambda stage: build(stage, film))
    main = next(one for one in found.compositions if one.name == "Main")
    assert [reason.code for reason in main.reasons] == ["FOOTAGE_NOT_DRAWN"]
    drawn_frame(made, 0, tmp_path / "frame")  # still drawn


def test_a_video_that_is_not_in_the_archive_is_missing(tmp_path: Path) -> None:
    film = _film(tmp_path / "film.mp4")
    found, _ = _converted(tmp_path, lambda stage: stage.footage(film), with_files=False)
    assert [(one.code, one.layer) for one in found.warnings] == [("MISSING_PICTURE", "film.mp4")]


def _layered(folder: Path) -> Path:
    """A red rectangle at the top left, and a half-transparent blue one below it to the right."""
    file = PHOTOSHOP.new("RGB", (80, 60))
    file.create_pixel_layer(Image.new("RGBA", (20, 10), RED), name="Red", left=5, top=6)
    file.create_pixel_layer(Image.new("RGBA", (30, 10), (*BLUE, 128)), name="Blue", left=40, top=30)
    file.save(folder / "logo.psd")
    return folder / "logo.psd"


def _composition(stage: Stage, file: Path, import_as: Any) -> None:
    options = py_aep.ImportOptions(file)
    options.import_as = import_as
    stage.main.add(stage.project.import_file(options))


PALE_BLUE, WHITE = (127, 127, 255), (255, 255, 255)


def _seen(made: Path, folder: Path) -> list[tuple[int, ...]]:
    pixels = drawn_frame(made, 0, folder / "drawn")
    return [tuple(map(int, pixels[y, x])) for x, y in ((10, 10), (50, 35), (75, 55))]


def test_a_photoshop_file_is_drawn_as_its_merged_picture(tmp_path: Path) -> None:
    flat = Image.new("RGB", (80, 60), RED)
    PHOTOSHOP.frompil(flat).save(tmp_path / "logo.psd")
    found, made = _converted(tmp_path, lambda stage: stage.footage(tmp_path / "logo.psd"))
    assert found.warnings == []
    assert _seen(made, tmp_path) == [RED, RED, RED]


@pytest.mark.parametrize("kind", ["COMP", "COMP_CROPPED_LAYERS"])
def test_the_layers_of_a_photoshop_file_are_drawn_at_their_positions(
    tmp_path: Path, kind: str
) -> None:
    file = _layered(tmp_path)
    import_as = getattr(py_aep.ImportAsType, kind)
    found, made = _converted(tmp_path, lambda stage: _composition(stage, file, import_as))
    assert found.warnings == []
    assert np.allclose(_seen(made, tmp_path), [RED, PALE_BLUE, WHITE], atol=2)


def test_the_mask_of_a_photoshop_layer_hides_parts_of_it(tmp_path: Path) -> None:
    file = PHOTOSHOP.open(_layered(tmp_path))
    mask = Image.new("L", (80, 60))
    mask.paste(255, (0, 0, 10, 60))
    file[0].remove_mask()
    file[0].create_mask(mask, top=0, left=0)
    file.save(tmp_path / "logo.psd")
    import_as = py_aep.ImportAsType.COMP
    _, made = _converted(
        tmp_path, lambda stage: _composition(stage, tmp_path / "logo.psd", import_as)
    )
    pixels = drawn_frame(made, 0, tmp_path / "drawn")
    assert [tuple(map(int, pixels[10, x])) for x in (7, 15)] == [RED, WHITE]


def _page(file: Path) -> Path:
    """An Illustrator file: a PDF page of 80 x 60 points with a red rectangle at the top left."""
    drawn = b"1 0 0 rg 0 30 40 30 re f"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 80 60]/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
    ]
    content = b"%PDF-1.5\n"
    places: list[int] = []
    for number, one in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj%s endobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(content)
    file.write_bytes(content + b"xref\n0 5\n0000000000 65535 f \n" + table + trailer)
    return file


def test_the_page_of_an_illustrator_file_is_drawn(tmp_path: Path) -> None:
    file = _page(tmp_path / "logo.ai")
    found, made = _converted(tmp_path, lambda stage: stage.footage(file))
    assert found.warnings == []
    assert _seen(made, tmp_path) == [RED, WHITE, WHITE]


def test_a_file_without_a_picture_is_missing_with_advice(
    tmp_path: Path,
) -> None:
    file = _page(tmp_path / "logo.ai")
    project = a_project(lambda stage: stage.footage(file))
    file.write_bytes(b"%!PS-Adobe-3.0")
    archive = tmp_path / "project.zip"
    archive.write_bytes(a_zip({"project.aep": project, "logo.ai": file.read_bytes()}))
    found = LottieEngine.renderer().convert(archive, "zip", tmp_path / "made", RenderLimits())
    assert [one.code for one in found.warnings] == ["MISSING_PICTURE"]
    assert "save it as PNG or SVG" in found.warnings[0].message


def test_footage_whose_transparency_is_ignored_is_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    Image.new("RGBA", (80, 60), (*RED, 90)).save(file)

    def ignored(stage: Stage) -> None:
        stage.footage(file).source.main_source.alpha_mode = py_aep.AlphaMode.IGNORE

    found, _ = _converted(tmp_path, ignored)
    assert [one.code for one in found.warnings] == ["FOOTAGE_NOT_DRAWN"]


def test_a_sequence_loops_as_often_as_its_footage(tmp_path: Path) -> None:
    first = _pictures(tmp_path, 9)

    def twice(stage: Stage) -> None:
        layer = _sequence(stage, first)
        layer.source.main_source.loop = 2
        layer.out_point = 0.4

    found, made = _converted(tmp_path, twice)
    assert found.warnings == []
    shown = [tuple(drawn_frame(made, n, tmp_path / f"frame {n}")[30, 40]) for n in (1, 2)]
    assert shown == [BLUE, RED]
