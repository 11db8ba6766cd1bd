"""The bounds of shapes and texts at rest, for the inspection of templates."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import cos, radians, sin

from reelbatch.engines.lottie.document import (
    Json,
    LottieDocument,
    array,
    at_rest,
    is_object,
    number,
    objects,
    text_documents,
)
from reelbatch.engines.lottie.typesetting import typeset_layers
from reelbatch.engines.lottie.typesetting.fontfile import FontFile
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.engines.lottie.typesetting.own_glyphs import font_entries
from reelbatch.models.errors import AssetInvalid

_MAX_CORNERS = 100  # of a star that are considered
_NUMBERS = {int, float}
_FARTHEST = 1e9  # pixels; far outside any picture

Rect = tuple[float, float, float, float]
"""Left, top, width and height in pixels of the layer."""

_Point = tuple[float, float]


def bounds_of_shapes(shapes: list[Json]) -> Rect | None:
    """The bounds without stroke widths; None if nothing is drawn, or it is absurdly far away."""
    points = [*_points(shapes)]
    if not points:
        return None
    across, down = zip(*points, strict=True)
    if not all(abs(place) <= _FARTHEST for place in (*across, *down)):
        return None
    left, top, right, bottom = min(across), min(down), max(across), max(down)
    return round(left, 2), round(top, 2), round(right - left, 2), round(bottom - top, 2)


MeasuredTexts = dict[str, dict[str, Rect | None]]
"""The bounds of words by the fonts of their document; both keys are JSON."""


class TextRuler:
    """Measures the texts of a document: the first words of each layer, without animators.

    `measured` caches bounds across the documents of one project. It is not used for documents that
    bring their own fonts or glyphs.
    """

    def __init__(
        self, document: LottieDocument, own_fonts: Sequence[FontFile], measured: MeasuredTexts
    ) -> None:
        self._document = document
        self._shelf = FontShelf(own_fonts, [])
        fonts = json.dumps(font_entries(document))
        brings = bool(own_fonts) or "chars" in document.root
        self._measured = {} if brings else measured.setdefault(fonts, {})

    def bounds(self, layer: Json) -> Rect | None:
        """The bounds of the layer's text; None if it cannot be set or shows nothing."""
        words = text_documents(layer)[:1]
        key = json.dumps(words)
        if key not in self._measured:
            self._measured[key] = self._set(words)
        return self._measured[key]

    def _set(self, words: list[Json]) -> Rect | None:
        text: Json = {"d": {"k": [{"t": 0, "s": each} for each in words]}}
        copy: Json = {"ty": 5, "ip": 0, "op": 1, "st": 0, "ks": {}, "t": {**text, "a": []}}
        try:
            typeset_layers(self._document, [copy], self._shelf)
        except AssetInvalid:
            return None
        return bounds_of_shapes(objects(copy.get("shapes")))


def _points(shapes: list[Json]) -> Iterator[_Point]:
    """Points that enclose everything drawn: a curve stays inside the hull of its handles."""
    for shape in shapes:
        if shape.get("hd") is True:
            continue
        match shape.get("ty"):
            case "gr":
                items = objects(shape.get("it"))
                transform = next((item for item in items if item.get("ty") == "tr"), None)
                inner = _points(items)
                yield from inner if transform is None else _moved(inner, transform)
            case "sh":
                yield from _path_points(at_rest(shape.get("ks")))
            case "rc" | "el":
                (x, y), (width, height) = _pair(shape.get("p")), _pair(shape.get("s"))
                yield x - width / 2, y - height / 2
                yield x + width / 2, y + height / 2
            case "sr":
                yield from _corners(shape)
            case _:
                continue


def _path_points(path: object) -> Iterator[_Point]:
    outline = array(path)[0] if array(path) else path
    if not is_object(outline):
        return
    vertices = _places(outline.get("v"))
    yield from vertices
    for side in ("i", "o"):  # relative to the vertices
        for (x, y), (along, down) in zip(vertices, _places(outline.get(side)), strict=False):
            yield x + along, y + down


def _places(points: object) -> list[_Point]:
    """The points as pairs of numbers. The usual case is checked without a call per number."""
    found = array(points)
    if all(type(point) is list and len(point) == 2 for point in found) and _NUMBERS.issuperset(
        map(type, chain.from_iterable(found))
    ):
        return found
    return [_place(point) for point in found]


def _corners(star: Json) -> Iterator[_Point]:
    (x, y), radius = _pair(star.get("p")), _single(star.get("or"), 0.0)
    count = int(min(max(1.0, _single(star.get("pt"), 5.0)), _MAX_CORNERS))
    for corner in range(count):
        angle = radians(_single(star.get("r"), 0.0) + 360 * corner / count)
        yield x + radius * sin(angle), y - radius * cos(angle)


def _moved(points: Iterable[_Point], transform: Json) -> Iterator[_Point]:
    anchor, place = _pair(transform.get("a")), _pair(transform.get("p"))
    scale, angle = _pair(transform.get("s"), 100.0), radians(_single(transform.get("r"), 0.0))
    across, down = cos(angle), sin(angle)
    for point in points:
        x, y = ((point[axis] - anchor[axis]) * scale[axis] / 100 for axis in (0, 1))
        yield place[0] + x * across - y * down, place[1] + x * down + y * across


def _pair(value: object, default: float = 0.0) -> _Point:
    first, second = (*array(at_rest(value)), None, None)[:2]
    return number(first, default), number(second, default)


def _single(value: object, default: float) -> float:
    content = at_rest(value)
    return number((array(content) or [content])[0], default)


def _place(point: object) -> _Point:
    x, y = (*array(point), None, None)[:2]
    return number(x, 0.0), number(y, 0.0)
