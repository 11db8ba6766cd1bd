"""A contact sheet: the middle frame of each output with its label, in a grid."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont, ImageOps

_COLUMNS = 5
_CELL = (320, 180)  # the largest size of a picture, in pixels
_GAP = 18  # pixels
_CAPTION = 30  # pixels below a picture
_MARGIN = 28  # pixels
_PAPER, _INK = "#14161a", "#a9adb5"
_LIGHT_SQUARE, _DARK_SQUARE, _SQUARE = "#ffffff", "#d8d8d8", 10  # shown through transparency
_STILLS = {".png", ".jpg", ".jpeg", ".webp"}


@dataclass(frozen=True)
class Tile:
    """An output and the label below it."""

    file: Path
    label: str


def write_contact_sheet(tiles: Sequence[Tile], target: Path) -> None:
    """Write a PNG. Raises OSError or av.FFmpegError if an output cannot be decoded."""
    columns = min(_COLUMNS, len(tiles)) or 1
    rows = math.ceil(len(tiles) / columns)
    width = 2 * _MARGIN + columns * _CELL[0] + (columns - 1) * _GAP
    height = 2 * _MARGIN + rows * (_CELL[1] + _CAPTION) + max(0, rows - 1) * _GAP
    sheet = Image.new("RGB", (width, height), _PAPER)
    for position, tile in enumerate(tiles):
        row, column = divmod(position, columns)
        x = _MARGIN + column * (_CELL[0] + _GAP)
        y = _MARGIN + row * (_CELL[1] + _CAPTION + _GAP)
        _draw_tile(sheet, tile, x, y)
    sheet.save(target, optimize=True)


def middle_frame(file: Path) -> Image.Image:
    """The frame in the middle of a video, or the still itself."""
    if file.suffix.lower() in _STILLS:
        with Image.open(file) as still:
            return still.convert("RGBA")
    shown: av.VideoFrame | None = None
    with av.open(str(file)) as container:
        half = (container.duration or 0) / av.time_base / 2  # seconds
        for frame in container.decode(video=0):
            if shown and (frame.time or 0.0) > half:
                break
            shown = frame
    if shown is None:
        raise OSError(f"{file} has no frames")
    return Image.fromarray(shown.to_ndarray(format="rgba"))


def _draw_tile(sheet: Image.Image, tile: Tile, x: int, y: int) -> None:
    picture = ImageOps.contain(middle_frame(tile.file), _CELL, Image.Resampling.LANCZOS)
    at = (x + (_CELL[0] - picture.width) // 2, y + (_CELL[1] - picture.height) // 2)
    backdrop = _checkerboard(picture.size)
    backdrop.alpha_composite(picture)
    sheet.paste(backdrop.convert("RGB"), at)
    ink = ImageDraw.Draw(sheet)
    ink.text((x, y + _CELL[1] + 8), tile.label, _INK, ImageFont.load_default(15))


def _checkerboard(size: tuple[int, int]) -> Image.Image:
    board = Image.new("RGBA", size, _LIGHT_SQUARE)
    ink = ImageDraw.Draw(board)
    for top in range(0, size[1], _SQUARE):
        for left in range(top // _SQUARE % 2 * _SQUARE, size[0], 2 * _SQUARE):
            ink.rectangle((left, top, left + _SQUARE - 1, top + _SQUARE - 1), _DARK_SQUARE)
    return board
