"""Turns letters into shapes for ThorVG: groups of paths with a fill and a stroke.

Letters that animators move get keyframes.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from uharfbuzz import Color as FontColor

from reelbatch.engines.lottie.document import Json
from reelbatch.engines.lottie.typesetting.animators import Animators, Layout, Look
from reelbatch.engines.lottie.typesetting.fontfile import FontFile
from reelbatch.engines.lottie.typesetting.keyed import Vector
from reelbatch.engines.lottie.typesetting.letters import Letter, Mark
from reelbatch.engines.lottie.typesetting.painting import EM, Picture
from reelbatch.engines.lottie.typesetting.style import Color, TextStyle

_SLANT = 0.21  # of an upright font that replaces an italic: 12 degrees
_DIGITS = 3  # decimals of a coordinate: a thousandth of a pixel
_MAX_SAMPLES = 500_000  # letters times frames; above that, frames are skipped
_STILL = 1e-3  # pixels, percent or degrees: a change that nobody sees
_BUTT, _ROUND = 1, 2  # a stroke's ends and corners
_NONZERO = 1  # a fill rule


@dataclass(frozen=True)
class Window:
    """The frames in which a text is shown."""

    first: float
    end: float


@dataclass(frozen=True)
class PlacedPicture:
    """A coloured glyph that is a picture, and the transform of its letter."""

    picture: Picture
    x: float  # pixels from the letter's position, like y
    y: float
    width: float
    height: float
    transform: Json
    first: float  # the frames in which it is shown
    end: float


@dataclass(frozen=True)
class DrawnText:
    groups: list[Json]  # from the top
    pictures: list[PlacedPicture]


def drawn_text(layout: Layout, animators: Animators, window: Window) -> DrawnText:
    """The shapes and pictures of a text. Raises FontUnreadable."""
    if not layout.letters:
        return DrawnText([], [])
    frames = _frames(layout, animators, window)
    looks = [animators.at(frame) for frame in frames]
    if len(looks) == 1 and animators.are_idle and _is_plain(layout):
        return DrawnText(list(_merged(layout, looks[0])), [])
    track = _Track(frames, looks)
    outlines = _Outlines()
    groups: list[Json] = []
    pictures: list[PlacedPicture] = []
    for position, (line, at) in enumerate(layout.letters):
        letter = layout.lines[line].letters[at]
        if letter.marks:
            transform = track.transform(position)
            pictures.extend(_pictures(letter, transform, window))
            items = list(_items(letter, track, position, outlines))
            if items:
                groups.append({"ty": "gr", "it": [*items, transform]})
    return DrawnText(groups[::-1], pictures)


def _frames(layout: Layout, animators: Animators, window: Window) -> list[float]:
    """The frames to evaluate: those from the first change to the last one within the window."""
    times = animators.times
    if not times:
        return [window.first]
    first = math.floor(min(max(times[0], window.first), window.end))
    last = math.ceil(max(min(times[-1], window.end), first))
    step = max(1, math.ceil((last - first) * len(layout.letters) / _MAX_SAMPLES))
    return [*map(float, range(first, last, step)), float(last)]


def _is_plain(layout: Layout) -> bool:
    """Whether letters can be merged: none has a stroke or coloured glyphs."""
    letters = [letter for line in layout.lines for letter in line.letters]
    marks = (mark for letter in letters for mark in letter.marks)
    coloured = any(isinstance(m.source, FontFile) and m.source.is_coloured for m in marks)
    styles = {letter.style for letter in letters}
    has_stroke = any(style.stroke is not None and style.stroke_width > 0 for style in styles)
    return not coloured and not has_stroke


def _merged(layout: Layout, look: Look) -> Iterator[Json]:
    """Yield one shape per word, font and colour.

    Fonts are not mixed, because their contours may run in different directions. ThorVG draws shapes
    of words faster than shapes of whole lines or of single letters.
    """
    paths: dict[tuple[int, int, int, Color], list[Json]] = {}
    outlines = _Outlines()
    word = 0
    for position, (line, at) in enumerate(layout.letters):
        place = look.matrices[position, :, 2]
        letter = layout.lines[line].letters[at]
        word += letter.is_space
        fill = letter.style.fill
        if fill is None:
            continue
        for mark in letter.marks:
            font = id(mark.source) if isinstance(mark.source, FontFile) else 0
            drawn = outlines.paths(mark, letter.style.size, float(place[0]), float(place[1]))
            paths.setdefault((line, word, font, fill), []).extend(drawn)
    for (*_, color), each in paths.items():
        if each:
            yield {"ty": "gr", "it": [*each, _fill(_still([*color, 1]), _still(100))]}


def _items(letter: Letter, track: "_Track", position: int, outlines: "_Outlines") -> Iterator[Json]:
    """The shapes of a letter, from top to bottom."""
    style = letter.style
    size = style.size
    plain: list[Json] = []
    for mark in letter.marks:
        layers = mark.source.layers(mark.glyph) if isinstance(mark.source, FontFile) else []
        for glyph, colour in reversed(layers):
            paths = list(outlines.paths(_with_glyph(mark, glyph), size))
            if colour is None:
                fill = track.fill(position)
            else:
                channels = [colour.red / 255, colour.green / 255, colour.blue / 255, 1]
                fill = _fill(_still(channels), _still(100 * colour.alpha / 255))
            if paths:
                yield {"ty": "gr", "it": [*paths, fill]}
        if not layers and _picture(mark, style) is None:
            plain.extend(outlines.paths(mark, size))
    if not plain:
        return
    yield from plain
    fill = [track.fill(position)] if style.fill is not None else []
    stroke = track.stroke(position, has_colour=style.stroke is not None)
    yield from [*fill, *stroke] if style.stroke_is_below else [*stroke, *fill]


def _picture(mark: Mark, style: TextStyle) -> Picture | None:
    if not isinstance(mark.source, FontFile) or not mark.source.is_coloured:
        return None
    red, green, blue = (round(255 * min(max(c, 0.0), 1.0)) for c in style.fill or (0, 0, 0))
    return mark.source.picture(
        mark.glyph, style.size * mark.scale, FontColor(red, green, blue, alpha=255)
    )


def _with_glyph(mark: Mark, glyph: int) -> Mark:
    return Mark(source=mark.source, glyph=glyph, x=mark.x, y=mark.y, scale=mark.scale)


def _pictures(letter: Letter, transform: Json, window: Window) -> Iterator[PlacedPicture]:
    style = letter.style
    size = style.size
    for mark in letter.marks:
        picture = _picture(mark, style)
        if picture is not None:
            scale = size / EM * mark.scale
            yield PlacedPicture(
                picture,
                x=mark.x * size / EM + picture.x * scale,
                y=mark.y * size / EM + picture.y * scale,
                width=picture.width * scale,
                height=picture.height * scale,
                transform=transform,
                first=window.first,
                end=window.end,
            )


class _Outlines:
    """The paths of glyphs in pixels; what letters with the same glyph share is computed once."""

    def __init__(self) -> None:
        self._scaled: dict[tuple[int, int, float, bool], _Scaled] = {}

    def paths(self, mark: Mark, size: float, x: float = 0.0, y: float = 0.0) -> Iterator[Json]:
        """The paths of a glyph in letters of `size` pixels, moved by `x` and `y`."""
        key = (id(mark.source), mark.glyph, size * mark.scale, mark.is_slanted)
        if key not in self._scaled:
            self._scaled[key] = _scaled(mark, size)
        places, arriving, leaving, ends = self._scaled[key]
        place = (x + mark.x * size / EM, y + mark.y * size / EM)
        points = np.round(places + place, _DIGITS).tolist()
        for start, end in pairwise([0, *ends]):
            path: Json = {
                "c": True,
                "v": points[start:end],
                "i": arriving[start:end],
                "o": leaving[start:end],
            }
            yield {"ty": "sh", "ks": _still(path)}


class _Scaled(NamedTuple):
    points: Vector  # pixels
    arriving: list[list[float]]  # handles, relative to their points
    leaving: list[list[float]]
    ends: Sequence[int]  # the number of points up to the end of each path


def _scaled(mark: Mark, size: float) -> _Scaled:
    source = mark.source
    places, ends = source.outline(mark.glyph) if isinstance(source, FontFile) else source.outline
    scale = size / EM * mark.scale
    slope = _SLANT * scale if mark.is_slanted else 0.0
    placed = places @ np.array([[scale, 0.0], [-slope, scale]])
    placed[1:] -= placed[0]  # handles are relative to their points
    _, arriving, leaving = np.round(placed, _DIGITS).tolist()
    return _Scaled(placed[0], arriving, leaving, ends=ends)


class _Values:
    """The values of a property for each frame and letter."""

    def __init__(self, frames: Sequence[float], values: Vector) -> None:
        """`values` is (frames, letters) or (frames, letters, dimensions)."""
        self._frames = frames
        self._values = np.round(values, _DIGITS + 1)
        rows = values.reshape(*values.shape[:2], -1)
        self._changes: Vector = np.ptp(rows, axis=0).max(axis=1)
        steps = np.diff(rows, axis=0) / np.diff(np.array(frames))[:, None, None]
        self._bends: Vector = np.abs(np.diff(steps, axis=0)).max(axis=2)
        self.is_anything = bool(values.any())

    def of(self, letter: int) -> Json:
        """The property of one letter, with only the keyframes that it needs."""
        values = self._values[:, letter]
        if self._changes[letter] < _STILL:
            return _still(values[0].tolist())
        inner = (np.flatnonzero(self._bends[:, letter] > _STILL / 10) + 1).tolist()
        needed = [0, *inner, len(self._frames) - 1]
        listed = values[needed].reshape(len(needed), -1).tolist()
        times = (self._frames[at] for at in needed)
        return {"a": 1, "k": [{"t": t, "s": each} for t, each in zip(times, listed, strict=True)]}


class _Track:
    """The looks of a text over time, as Lottie properties of each letter."""

    def __init__(self, frames: Sequence[float], looks: Sequence[Look]) -> None:
        matrices = np.array([look.matrices for look in looks])  # (frames, letters, 2, 3)
        a, b, c, d = (matrices[..., row, column] for row in (0, 1) for column in (0, 1))
        angle = np.unwrap(np.arctan2(c, a), axis=0)
        stretch = np.hypot(a, c)
        height = np.divide(a * d - b * c, stretch, out=np.zeros_like(a), where=stretch > 0)
        shear = np.cos(angle) * b + np.sin(angle) * d
        slope = np.divide(shear, height, out=np.zeros_like(a), where=np.abs(height) > 0)
        self._place = _Values(frames, matrices[..., 2])
        self._scale = _Values(frames, np.stack([stretch, height], axis=-1) * 100)
        self._angle = _Values(frames, np.degrees(angle))
        self._skew = _Values(frames, -np.degrees(np.arctan(slope)))
        self._opacity, self._fill_opacity, self._stroke_opacity = (
            _Values(frames, np.array([getattr(look, name) for look in looks]) * 100)
            for name in ("opacity", "fill_opacity", "stroke_opacity")
        )
        colours = np.array([look.stroke for look in looks])
        self._fill = _Values(frames, _opaque(np.array([look.fill for look in looks])))
        self._stroke = _Values(frames, _opaque(colours))
        self._width = _Values(frames, np.array([look.stroke_width for look in looks]))
        self._is_coloured: Vector = np.asarray(colours.any(axis=(0, 2)), bool)  # of each letter

    def transform(self, letter: int) -> Json:
        """The transform of a letter, without rotation and skew if there are none."""
        transform: Json = {
            "ty": "tr",
            "p": self._place.of(letter),
            "s": self._scale.of(letter),
            "o": self._opacity.of(letter),
        }
        if self._angle.is_anything:
            transform["r"] = self._angle.of(letter)
        if self._skew.is_anything:
            transform["sk"] = self._skew.of(letter)
        return transform

    def fill(self, letter: int) -> Json:
        return _fill(self._fill.of(letter), self._fill_opacity.of(letter))

    def stroke(self, letter: int, *, has_colour: bool) -> list[Json]:
        """The stroke of a letter; empty if it never has one."""
        if not self._width.is_anything or not (has_colour or self._is_coloured[letter]):
            return []
        return [
            {
                "ty": "st",
                "c": self._stroke.of(letter),
                "o": self._stroke_opacity.of(letter),
                "w": self._width.of(letter),
                "lc": _BUTT,
                "lj": _ROUND,
            }
        ]


def _opaque(colours: Vector) -> Vector:
    return np.concatenate([colours, np.ones((*colours.shape[:-1], 1))], axis=-1)


def _fill(color: Json, opacity: Json) -> Json:
    return {"ty": "fl", "c": color, "o": opacity, "r": _NONZERO}


def _still(value: object) -> Json:
    return {"a": 0, "k": value}
