"""The contact sheet of all outputs."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reelbatch.cli.demo.contact_sheet import Tile, middle_frame, write_contact_sheet

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 60), (40, 60, 220)
WHITE = (255, 255, 255)


def test_the_middle_frame_is_shown_at_half_the_duration(tmp_path: Path) -> None:
    film = a_film(tmp_path / "traffic-light.gif", [RED, GREEN, BLUE])

    assert middle_frame(film).convert("RGB").getpixel((32, 32)) == pytest.approx(GREEN, abs=12)


def test_every_output_is_in_the_sheet_and_transparency_shows_squares(tmp_path: Path) -> None:
    film = a_film(tmp_path / "000.gif", [BLUE, BLUE])
    Image.new("RGB", (64, 64), RED).save(tmp_path / "001.jpg")
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(tmp_path / "002.png")
    files = [film, tmp_path / "001.jpg", tmp_path / "002.png"]

    write_contact_sheet([Tile(file, file.name) for file in files], tmp_path / "sheet.png")

    sheet = tmp_path / "sheet.png"
    assert all(pixels_like(sheet, colour) > 1000 for colour in (BLUE, RED, WHITE))


def pixels_like(file: Path, colour: tuple[int, int, int]) -> int:
    """How many pixels have this colour, give or take what a codec changes."""
    with Image.open(file) as image:
        differences = np.abs(np.asarray(image.convert("RGB"), int) - colour)
    return int((differences.max(axis=2) <= 12).sum())


def a_film(file: Path, colours: list[tuple[int, int, int]]) -> Path:
    """A film with one frame of 64x64 pixels and a tenth of a second for each colour."""
    first, *others = [Image.new("RGB", (64, 64), colour) for colour in colours]
    first.save(file, save_all=True, append_images=others, duration=100)
    return file
