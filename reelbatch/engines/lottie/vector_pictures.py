"""Filters and bounds SVG pictures, which are untrusted, and draws them with ThorVG.

ThorVG opens the files that a document names, follows references without counting, and has its own
parser. So it never sees the document itself. It gets a new document with only the elements that it
can draw, and with pictures that have been decoded here.
"""

import base64
import ctypes
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
from PIL import Image

from reelbatch.engines.decoding.pictures import PictureUnreadable, as_png, read_picture
from reelbatch.engines.lottie import thorvg
from reelbatch.models.errors import LimitExceeded

_HEAD = 4096  # bytes that must contain the first element
_SVG = re.compile(rb"<(\w+:)?svg[\s>]")
_MAX_BYTES = 8 * 1024**2
_MAX_ELEMENTS = 20_000  # an element counts again for every reference to it
_MAX_NESTED = 100
_MAX_PICTURES = 20
# Everything that is drawn separately and then blended takes memory for each depth, and time for
# each element: 1 to 20 nanoseconds per pixel were measured.
_MAX_PIXELS_OPEN = 2**28  # in all depths together
_MAX_PIXELS_BLENDED = 2 * 10**9
_FARTHEST = 1e5  # of a side, in the document's own pixels
_NAMESPACES = ("", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")
_SHAPES = ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "image")
_PAINTS = ("linearGradient", "radialGradient", "stop", "style", "filter", "feGaussianBlur")
_GROUPS = ("svg", "g", "defs", "symbol", "use", "clipPath", "mask")
_DRAWN = frozenset({*_SHAPES, *_PAINTS, *_GROUPS})
_LIKE_A_GROUP = frozenset({"a", "switch"})
_NOT_SEEN = frozenset({"title", "desc", "metadata", "script", "view"})
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)")
# These take linear time for any text: a rule can only begin after another one, and what begins
# with an `@` is skipped whether or not it ends.
_RULE = re.compile(r"(?<![^{}])([^{}]*)\{([^{}]*)\}")
_SELECTED = re.compile(r"[.#]?[\w-]+|\*")
_BLENDED = frozenset({"opacity", "mask", "filter", "mix-blend-mode"})
_BLENDING_STYLE = re.compile(r"(?<![\w-])(?:opacity|mask|filter|mix-blend-mode)\s*:")
_AT_RULE = re.compile(r"@[^{};]*(\{[^{}]*\}|;)?")  # imports and fonts


@dataclass
class SvgPicture:
    """An SVG document as ThorVG gets it."""

    document: bytes
    left_out: list[str]  # the names of the elements that were removed
    blended: int  # elements that are drawn separately and then blended
    nested: int  # the most blended elements inside one another

    def affordable_pixels(self, allowed: int) -> int:
        """How many of the `allowed` pixels can be drawn in bounded time and memory."""
        open_ = _MAX_PIXELS_OPEN // max(1, self.nested)
        return min(allowed, open_, _MAX_PIXELS_BLENDED // max(1, self.blended))


def is_svg(content: bytes) -> bool:
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")  # other formats may contain an SVG
    return head.startswith(b"<") and _SVG.search(head) is not None


def read_svg(content: bytes, most_pixels: int | None) -> SvgPicture:
    """Filter an SVG document.

    Each picture inside it may have up to `most_pixels`; None: pictures are not decoded. Raises
    PictureUnreadable, LimitExceeded, or PictureTooLarge for a picture inside it.
    """
    if len(content) > _MAX_BYTES:
        raise LimitExceeded(f"An SVG picture is larger than {_MAX_BYTES // 1024**2} MiB.")
    try:
        # expat resolves no external entities and limits how far internal ones expand
        parser = ET.XMLParser(target=_Builder())  # noqa: S314
        parser.feed(content)
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise PictureUnreadable from error
    found = _Filter(most_pixels)
    drawn = found.cleaned(root)
    if drawn is None or drawn.tag != "svg":
        raise PictureUnreadable
    cost = _Costs(drawn).whole()
    drawn.set("xmlns", _NAMESPACES[1])
    left_out = sorted(found.left_out)
    return SvgPicture(ET.tostring(drawn), left_out, blended=cost.blended, nested=cost.nested)


def draw_svg(svg: SvgPicture, box: tuple[float, float] | None, most_pixels: int) -> Image.Image:
    """Draw a document at twice the resolution of `box`; None: of its own size.

    A document with hundreds of translucent parts gets fewer pixels. Raises PictureUnreadable.
    """
    picture = thorvg.Handle(thorvg.call("tvg_picture_new"))
    canvas = thorvg.Handle(thorvg.call("tvg_swcanvas_create", 0))
    thorvg.call("tvg_canvas_add", canvas, picture)
    try:
        load = (picture, svg.document, len(svg.document), b"svg", b"", True)
        width, height = ctypes.c_float(), ctypes.c_float()
        if thorvg.call("tvg_picture_load_data", *load) != thorvg.SUCCESS:
            raise PictureUnreadable
        thorvg.call("tvg_picture_get_size", picture, *map(ctypes.byref, (width, height)))
        size = _pixels((width.value, height.value), box, svg.affordable_pixels(most_pixels))
        pixels = np.zeros((size[1], size[0], 4), np.uint8)
        thorvg.call("tvg_picture_set_size", picture, *size)
        target = (pixels.ctypes.data, size[0], *size, thorvg.ARGB8888)
        thorvg.call("tvg_swcanvas_set_target", canvas, *target)
        thorvg.call("tvg_canvas_update", canvas)
        thorvg.call("tvg_canvas_draw", canvas, True)
        thorvg.call("tvg_canvas_sync", canvas)
    finally:
        thorvg.call("tvg_canvas_destroy", canvas)
    return Image.frombuffer("RGBA", size, pixels.tobytes(), "raw", "BGRa", 0, 1)


def _pixels(
    size: tuple[float, float], box: tuple[float, float] | None, most: int
) -> tuple[int, int]:
    width, height = size
    if not (0 < width <= _FARTHEST and 0 < height <= _FARTHEST):
        raise PictureUnreadable
    room = box or size
    scale = 2 * min(room[0] / width, room[1] / height)
    scale = min(scale, math.sqrt(most / (width * height)))
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))


class _Builder(ET.TreeBuilder):
    """Stops as soon as a document is too large or nested too deeply."""

    def __init__(self) -> None:
        super().__init__()
        self._count, self._depth = 0, 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        self._count, self._depth = self._count + 1, self._depth + 1
        if self._count > _MAX_ELEMENTS or self._depth > _MAX_NESTED:
            raise _too_many()
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


@dataclass
class _Filter:
    most_pixels: int | None
    left_out: set[str] = field(default_factory=set[str])
    pictures: int = 0

    def cleaned(self, element: ET.Element) -> ET.Element | None:
        """The parts of an element that ThorVG draws; None if it does not draw it."""
        namespace, name = _split(element.tag)
        if namespace not in _NAMESPACES or name in _NOT_SEEN:
            return None
        name = "g" if name in _LIKE_A_GROUP else name
        attributes = self._attributes(name, element)
        if name not in _DRAWN or attributes is None:
            self.left_out.add(name)
            return None
        copy = ET.Element(name, attributes)
        if name == "style":
            copy.text = _AT_RULE.sub(lambda at: "" if at[1] else at[0], element.text or "")
        copy.extend([inner for each in element if (inner := self.cleaned(each)) is not None])
        return copy

    def _attributes(self, name: str, element: ET.Element) -> dict[str, str] | None:
        """The attributes; None if one refers to another file."""
        attributes: dict[str, str] = {}
        for key, value in element.items():
            namespace, short = _split(key)
            if namespace in _NAMESPACES and not short.startswith("on") and short != "base":
                attributes[short] = value
        address = attributes.get("href", "").strip()
        if name == "image":
            embedded = self._embedded(address)
            return None if embedded is None else attributes | {"href": embedded}
        if address and not address.startswith("#"):
            return None
        return attributes

    def _embedded(self, address: str) -> str | None:
        header, _, body = address.partition(",")
        if not header.startswith("data:") or not header.endswith(";base64"):
            return None
        self.pictures += 1
        if self.pictures > _MAX_PICTURES:
            raise LimitExceeded(f"An SVG picture contains more than {_MAX_PICTURES} pictures.")
        if self.most_pixels is None:
            return ""
        try:
            picture = read_picture(base64.b64decode(body), self.most_pixels)
        except (PictureUnreadable, ValueError):
            return None
        return f"data:image/png;base64,{base64.b64encode(as_png(picture)).decode()}"


class _Cost(NamedTuple):
    """The cost of an element with everything inside it and everything that it refers to."""

    number: int  # of elements
    height: int  # levels of nesting
    blended: int
    nested: int


class _Costs:
    """Counts the elements that are drawn, including references."""

    def __init__(self, root: ET.Element) -> None:
        self._root = root
        self._named = {one.get("id", ""): one for one in root.iter() if one.get("id")}
        styles = [one.text or "" for one in root.iter("style")]
        self._styled = _references_of_rules(styles, self._named)
        self._any_is_blended = any(map(_BLENDING_STYLE.search, styles))
        self._known: dict[ET.Element, _Cost] = {}
        self._open: set[ET.Element] = set()

    def whole(self) -> _Cost:
        """The cost of the document.

        Raises LimitExceeded, or PictureUnreadable if an element refers to itself.
        """
        return self._cost(self._root, 0)

    def _cost(self, element: ET.Element, depth: int) -> _Cost:
        if element in self._open:
            raise PictureUnreadable
        if element not in self._known:
            if depth > _MAX_NESTED:
                raise _too_many()
            self._open.add(element)
            own = int(self._is_blended(element))
            cost = _Cost(number=1, height=0, blended=own, nested=own)
            for inner in (*element, *self._referred(element)):
                more = self._cost(inner, depth + 1)
                cost = _Cost(
                    number=cost.number + more.number,
                    height=max(cost.height, more.height + 1),
                    blended=cost.blended + more.blended,
                    nested=max(cost.nested, more.nested + own),
                )
                if cost.number > _MAX_ELEMENTS or depth + cost.height > _MAX_NESTED:
                    raise _too_many()
            self._open.remove(element)
            self._known[element] = cost
        return self._known[element]

    def _is_blended(self, element: ET.Element) -> bool:
        """Whether the element may be blended: a style sheet that blends anything counts for all."""
        if self._any_is_blended or not _BLENDED.isdisjoint(element.keys()):
            return True
        return _BLENDING_STYLE.search(element.get("style", "")) is not None

    def _referred(self, element: ET.Element) -> Iterator[ET.Element]:
        names = [name for value in element.attrib.values() for name in _REFERENCE.findall(value)]
        names.append(element.get("href", "").strip().removeprefix("#"))
        classes = (f".{one}" for one in dict.fromkeys(element.get("class", "").split()))
        for selector in ("*", element.tag, f"#{element.get('id', '')}", *classes):
            names += self._styled.get(selector, [])
        return (self._named[name] for name in names if name in self._named)


def _references_of_rules(
    styles: Iterable[str], named: Mapping[str, ET.Element]
) -> Mapping[str, list[str]]:
    """The ids that rules of style sheets refer to, by the words of their selectors.

    Raises LimitExceeded.
    """
    found: dict[str, list[str]] = {}
    left = _MAX_ELEMENTS
    for style in styles:
        for selector, rule in _RULE.findall(style):
            names = [name for name in _REFERENCE.findall(rule) if name in named]
            for word in _SELECTED.findall(selector) if names else ():
                left -= len(names)
                if left < 0:
                    raise _too_many()
                found.setdefault(word, []).extend(names)
    return found


def _split(name: str) -> tuple[str, str]:
    namespace, _, short = name.rpartition("}")
    return namespace.removeprefix("{"), short


def _too_many() -> LimitExceeded:
    return LimitExceeded(
        f"An SVG picture has more than {_MAX_ELEMENTS:,} elements, counting every reference, or "
        f"they are nested deeper than {_MAX_NESTED} levels."
    )
