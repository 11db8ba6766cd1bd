"""A small library for writing Lottie files: values, easings, shapes, layers, compositions.

Keys and type numbers follow the specification of the Lottie Animation Community
(lottie.github.io/lottie-spec). Lengths are in pixels, times in frames, and colours are `#rrggbb`.
Layers and shapes are listed from top to bottom.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

Node = dict[str, object]
Value = float | Sequence[float]

VERSION = "5.9.0"  # of the Bodymovin format


class Ease(NamedTuple):
    """A cubic Bézier timing curve from (0, 0) to (1, 1), as in CSS."""

    x1: float
    y1: float
    x2: float
    y2: float


ENTER = Ease(0.16, 1.0, 0.30, 1.0)  # arrives fast and settles slowly
LEAVE = Ease(0.70, 0.0, 0.84, 0.0)  # the mirror image of ENTER
MOVE = Ease(0.65, 0.0, 0.35, 1.0)  # from rest to rest
OVERSHOOT = Ease(0.34, 1.45, 0.64, 1.0)  # slightly past the target and back
LINEAR = Ease(0.0, 0.0, 1.0, 1.0)


class Key(NamedTuple):
    """A keyframe; `ease` is the timing curve to the next one."""

    frame: float
    value: Value
    ease: Ease = ENTER


def animated(*keys: Key) -> Node:
    """Return a property that changes over time."""
    return {"a": 1, "k": [_keyframe(key, last=key is keys[-1]) for key in keys]}


def _keyframe(key: Key, *, last: bool) -> Node:
    frame: Node = {"t": key.frame, "s": _listed(key.value)}
    if not last:
        frame["o"] = {"x": [key.ease.x1], "y": [key.ease.y1]}
        frame["i"] = {"x": [key.ease.x2], "y": [key.ease.y2]}
    return frame


def still(value: object) -> Node:
    """Return a property that doesn't change."""
    return {"a": 0, "k": value}


def _property(value: Value | Node) -> Node:
    if isinstance(value, dict):
        return value
    return still(value if isinstance(value, (int, float)) else list(value))


def _listed(value: Value) -> list[float]:
    return [value] if isinstance(value, (int, float)) else list(value)


def colour(hexadecimal: str) -> list[float]:
    """Return a colour such as `#ff8000` as three shares from 0 to 1."""
    digits = hexadecimal.removeprefix("#")
    return [round(int(digits[i : i + 2], 16) / 255, 4) for i in (0, 2, 4)]


def transform(
    position: Value | Node = (0, 0),
    *,
    anchor: Value = (0, 0),
    scale: Value | Node = (100, 100),
    rotation: float | Node = 0,
    opacity: float | Node = 100,
    slant: float = 0,
) -> Node:
    """Return the transform of a layer or group.

    Scale and opacity are in percent, angles in degrees clockwise.
    """
    return {
        "a": _property(anchor),
        "p": _property(position),
        "s": _property(scale),
        "r": _property(rotation),
        "o": _property(opacity),
        "sk": still(slant),
        "sa": still(0),
    }


# Shapes


def rectangle(
    size: Value | Node, centre: Value | Node = (0, 0), *, radius: float | Node = 0
) -> Node:
    return {"ty": "rc", "s": _property(size), "p": _property(centre), "r": _property(radius)}


def ellipse(size: Value | Node, centre: Value | Node = (0, 0)) -> Node:
    return {"ty": "el", "s": _property(size), "p": _property(centre)}


class Point(NamedTuple):
    x: float
    y: float


def polyline(points: Sequence[Point], *, closed: bool) -> Node:
    """Return straight lines through `points`."""
    flat = [[0, 0]] * len(points)
    return _path(points, flat, flat, closed=closed)


def curve(at: Callable[[float], Point], segments: int) -> Node:
    """Return a smooth closed curve through `at(t)` for t from 0 to 1, as cubic Bézier segments.

    Each segment's tangents are the curve's slopes at its two ends (Hermite form).
    """
    step = 1 / segments
    points = [at(i * step) for i in range(segments)]
    handles = [_handle(at, i * step, step / 3) for i in range(segments)]
    backwards = [[-x, -y] for x, y in handles]
    return _path(points, backwards, handles, closed=True)


def _handle(at: Callable[[float], Point], t: float, reach: float) -> list[float]:
    tiny = 1e-4 * reach
    before, after = at(t - tiny), at(t + tiny)
    scale = reach / (2 * tiny)
    return [_round((after.x - before.x) * scale), _round((after.y - before.y) * scale)]


def _path(
    points: Sequence[Point],
    inwards: Sequence[Sequence[float]],
    outwards: Sequence[Sequence[float]],
    *,
    closed: bool,
) -> Node:
    vertices = [[_round(point.x), _round(point.y)] for point in points]
    shape: Node = {"c": closed, "v": vertices, "i": list(inwards), "o": list(outwards)}
    return {"ty": "sh", "ks": still(shape)}


def _round(length: float) -> float:
    """Round to hundredths of a pixel; `+ 0.0` turns -0.0 into 0.0."""
    return round(length, 2) + 0.0


def fill(paint: str, *, opacity: float | Node = 100) -> Node:
    return {"ty": "fl", "c": still([*colour(paint), 1]), "o": _property(opacity), "r": 1}


def stroke(paint: str, width: float, *, opacity: float = 100) -> Node:
    """Return a stroke with round caps and joins."""
    return {
        "ty": "st",
        "c": still([*colour(paint), 1]),
        "o": still(opacity),
        "w": still(width),
        "lc": 2,
        "lj": 2,
    }


class Stop(NamedTuple):
    offset: float  # 0 to 1
    paint: str
    opacity: float = 1.0  # 0 to 1


def gradient_fill(
    kind: Literal["linear", "radial"], start: Point, end: Point, stops: Sequence[Stop]
) -> Node:
    """Return a gradient from `start` to `end`; the centre of a radial one is at `start`."""
    colours = [number for stop in stops for number in (stop.offset, *colour(stop.paint))]
    alphas = [number for stop in stops for number in (stop.offset, stop.opacity)]
    return {
        "ty": "gf",
        "t": 1 if kind == "linear" else 2,
        "s": still(list(start)),
        "e": still(list(end)),
        "g": {"p": len(stops), "k": still(colours + alphas)},
        "o": still(100),
        "r": 1,
    }


def trim(start: float | Node = 0, end: float | Node = 100) -> Node:
    """Show only a part of the paths above, in percent of their length."""
    return {"ty": "tm", "s": _property(start), "e": _property(end), "o": still(0), "m": 1}


def group(*items: Node, name: str = "", place: Node | None = None) -> Node:
    """Group shapes that share a paint, which is the last of `items`."""
    own_place = {"ty": "tr", **(place or transform())}
    return {"ty": "gr", "nm": name, "it": [*items, own_place]}


def circle_point(radius: float, turn: float) -> Point:
    """Return a point on a circle around 0, 0. Turns go clockwise from three o'clock; 1 is full."""
    angle = 2 * math.pi * turn
    return Point(radius * math.cos(angle), radius * math.sin(angle))


# Text


@dataclass(frozen=True)
class Face:
    """A font as Lottie names it: by family and style, and by PostScript name."""

    family: str
    style: str
    postscript_name: str


class Align(IntEnum):
    LEFT = 0
    RIGHT = 1
    CENTRE = 2


@dataclass(frozen=True)
class TextStyle:
    face: Face
    size: float  # pixels
    paint: str
    align: Align = Align.LEFT
    tracking: float = 0  # thousandths of the size
    leading: float = 1.2  # line height as a multiple of the size


def _text_document(words: str, style: TextStyle) -> Node:
    return {
        "s": style.size,
        "f": style.face.postscript_name,
        "t": words,
        "j": int(style.align),
        "tr": style.tracking,
        "lh": round(style.size * style.leading, 2),
        "ls": 0,
        "fc": colour(style.paint),
    }


# Layers


def _layer(kind: int, name: str, place: Node | None, frames: int) -> Node:
    return {
        "ty": kind,
        "nm": name,
        "ks": place or transform(),
        "ip": 0,
        "op": frames,
        "st": 0,
        "sr": 1,
        "ao": 0,
        "bm": 0,
        "ddd": 0,
    }


@dataclass(frozen=True)
class Timeline:
    """Makes layers that last from the first to the last frame of their composition."""

    frames: int

    def shape(self, name: str, *shapes: Node, place: Node | None = None) -> Node:
        return {**_layer(4, name, place, self.frames), "shapes": list(shapes)}

    def text(self, name: str, words: str, style: TextStyle, place: Node) -> Node:
        document = {"k": [{"s": _text_document(words, style), "t": 0}]}
        content: Node = {"d": document, "p": {}, "m": {"g": 1, "a": still([0, 0])}, "a": []}
        return {**_layer(5, name, place, self.frames), "t": content}

    def solid(self, name: str, paint: str, width: int, height: int) -> Node:
        return {**_layer(1, name, None, self.frames), "sc": paint, "sw": width, "sh": height}

    def image(self, name: str, asset_id: str, place: Node) -> Node:
        return {**_layer(2, name, place, self.frames), "refId": asset_id}

    def precomposition(
        self, name: str, asset_id: str, width: int, height: int, place: Node
    ) -> Node:
        layer = _layer(0, name, place, self.frames)
        return {**layer, "refId": asset_id, "w": width, "h": height}


def revealed_by(matte: Node, layer: Node) -> list[Node]:
    """Show `layer` only where `matte` is painted (an alpha track matte)."""
    return [{**matte, "td": 1}, {**layer, "tt": 1}]


def image_asset(asset_id: str, file_name: str, width: int, height: int) -> Node:
    """Return a picture in the folder `images/` next to the JSON file."""
    return {"id": asset_id, "p": file_name, "u": "images/", "e": 0, "w": width, "h": height}


@dataclass(frozen=True)
class Composition:
    """A canvas with layers, which may refer to precompositions by `name`."""

    name: str
    width: int
    height: int
    frame_rate: int
    frames: int
    layers: Sequence[Node]

    def as_asset(self) -> Node:
        return {
            "id": self.name,
            "nm": self.name,
            "w": self.width,
            "h": self.height,
            "fr": self.frame_rate,
            "layers": _numbered(self.layers),
        }


def document(main: Composition, assets: Sequence[Node] = (), faces: Sequence[Face] = ()) -> bytes:
    """Return a Lottie file that shows `main`: compact JSON, with equal bytes for equal content."""
    fonts = [
        {"fName": face.postscript_name, "fFamily": face.family, "fStyle": face.style, "ascent": 75}
        for face in faces
    ]
    root: Node = {
        "v": VERSION,
        "nm": main.name,
        "fr": main.frame_rate,
        "ip": 0,
        "op": main.frames,
        "w": main.width,
        "h": main.height,
        "ddd": 0,
        "assets": list(assets),
        "fonts": {"list": fonts},
        "layers": _numbered(main.layers),
        "markers": [],
    }
    return (json.dumps(root, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _numbered(layers: Sequence[Node]) -> list[Node]:
    return [{"ind": index, **layer} for index, layer in enumerate(layers, start=1)]
