"""The results of `make fidelity` for two files, one of which differs."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from rich.console import Console

from bench.fidelity.likeness import likeness, on_white
from bench.fidelity.report import Score, sheet_of, table_of
from bench.fidelity.samples import Sample, samples_in


def lottie(**layer: Any) -> dict[str, Any]:
    place = {"o": {"k": 100}, "p": {"k": [50, 50]}}
    shown = {"ty": 1, "nm": "card", "ip": 0, "op": 30, "sw": 60, "sh": 60, "sc": "#ff0000"}
    layers = [{**shown, "ks": place, **layer}]
    return {"v": "5.7.0", "fr": 30, "ip": 0, "op": 30, "w": 100, "h": 100, "layers": layers}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plain.json").write_text(json.dumps(lottie()))
    moving = {"ks": {"p": {"k": [50, 50], "x": "var $bm_rt = wiggle(1, 2);"}}, "tt": 1}
    (tmp_path / "moving.json").write_text(json.dumps(lottie(**moving)))
    (tmp_path / "broken.json").write_text("[]")
    (tmp_path / "notes.txt").write_text("not a Lottie")
    return tmp_path


def square(side: int) -> Image.Image:
    picture = Image.new("RGBA", (100, 100))
    ImageDraw.Draw(picture).rectangle((20, 20, 20 + side, 20 + side), "black")
    return on_white(picture)


def test_the_lottie_files_of_a_folder_are_read_and_others_skipped(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moving, plain = samples_in(folder)
    assert (plain.file.name, plain.frames, plain.features) == ("plain.json", (5, 15, 25), set())
    assert moving.features == {"expressions", "mattes"}
    assert "left out: broken.json" in capsys.readouterr().out


def test_likeness_is_how_much_two_pictures_share() -> None:
    assert likeness(square(50), square(50)) == pytest.approx(1)
    near, far = likeness(square(50), square(51)), likeness(square(50), square(10))
    assert 1 > near > 0.9 > far


def test_a_large_picture_is_compared_at_512_pixels_on_white() -> None:
    picture = on_white(Image.new("RGBA", (2048, 1024)))
    assert picture.size == (512, 256)
    assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_the_table_counts_by_feature_and_the_sheet_begins_with_the_worst(folder: Path) -> None:
    moving, plain = samples_in(folder)
    white, black = (Image.new("RGB", (100, 100), colour) for colour in ("white", "black"))
    scores = [_score(plain, white, white), _score(moving, black, white)]
    console = Console(record=True, width=80)
    console.print(table_of(scores))
    rows = [line.strip("│ ").split("│") for line in console.export_text().splitlines()]
    counts = {row[0].strip(): (row[1].strip(), row[2].strip()) for row in rows if len(row) == 3}
    assert counts["all"] == ("2", "0.500")
    assert counts["neither text nor expressions"] == ("1", "1.000")
    assert counts["with expressions"] == ("1", "0.000")
    assert sheet_of(scores).getpixel((50, 50)) == (0, 0, 0)


def _score(sample: Sample, ours: Image.Image, reference: Image.Image) -> Score:
    return Score(sample, likeness(ours, reference), 5, ours, reference)
