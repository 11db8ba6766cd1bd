"""Draws a run's figures: a bar for each shows how it compares with its goal."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bench.figures import Figure, Kind
from bench.table import goal_text, value_text

_WIDTH, _ROW, _MARGIN = 1120, 44, 24  # pixels
_LABELS, _BARS = 300, 560  # pixels of the two left columns
_LARGEST = 2.0  # the largest share of a goal that a bar can show
_INK, _FAINT, _MET, _MISSED, _SPREAD = "#1d2733", "#cbd3dc", "#2f8f5b", "#c8553d", "#1d2733"


def plot(figures: Sequence[Figure], file: Path) -> None:
    """Write a PNG with one bar per figure that has a goal. 1 is the goal, more is better."""
    shown = [figure for figure in figures if figure.goal]
    height = 2 * _MARGIN + _ROW * (len(shown) + 2)
    image = Image.new("RGB", (_WIDTH, height), "white")
    draw = ImageDraw.Draw(image)
    left = _MARGIN + _LABELS
    _write(draw, _MARGIN, _MARGIN, "Share of the goal: right of the line is good", 20)
    goal_line = left + _BARS / _LARGEST
    for row, figure in enumerate(shown):
        top = _MARGIN + _ROW * (row + 1) + 8
        _draw_figure(draw, figure, left, top)
    bottom = _MARGIN + _ROW * (len(shown) + 1) + 8
    draw.line((goal_line, _MARGIN + _ROW, goal_line, bottom), fill=_INK, width=2)
    for mark in (0.0, 0.5, 1.0, 1.5, _LARGEST):
        _write(draw, left + _x(mark) - 8, bottom + 4, f"{mark:g}", 14)
    image.save(file)


def _draw_figure(draw: ImageDraw.ImageDraw, figure: Figure, left: int, top: int) -> None:
    low, high = sorted(_share_of_goal(figure, value) for value in figure.spread)
    color = _MET if figure.is_met else _MISSED
    end = left + _x(_share_of_goal(figure, figure.value))
    draw.rectangle((left, top, left + _BARS, top + 24), fill="#f2f4f6")
    draw.rectangle((left, top, end, top + 24), fill=color)
    draw.line((left + _x(low), top + 12, left + _x(high), top + 12), fill=_SPREAD, width=2)
    _write(draw, _MARGIN, top + 3, figure.name, 16)
    text = f"{value_text(figure, figure.value)}   ({goal_text(figure)})"
    _write(draw, left + _BARS + 12, top + 3, text, 16)


def _share_of_goal(figure: Figure, value: float) -> float:
    assert figure.goal
    return value / figure.goal if figure.kind is Kind.SHARE else figure.goal / value


def _x(share: float) -> float:
    return _BARS * min(share, _LARGEST) / _LARGEST


def _write(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, size: int) -> None:
    draw.text((x, y), text, fill=_INK, font=ImageFont.load_default(size))
