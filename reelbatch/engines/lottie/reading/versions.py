"""Upgrades documents of old Bodymovin versions, which their `v` states."""

from collections.abc import Iterator

from reelbatch.engines.lottie.document import Json, array, is_object, layer_type, number, objects
from reelbatch.engines.lottie.reading.walking import all_layers, all_shapes, states

_COLORS_TO_ONE = (4, 1, 9)  # since then colours are 0 to 1; before, 0 to 255
_CLOSED_IN_PATH = (4, 4, 18)  # since then `c` in the path; before, `closed` or `cl` next to it
_RELATIVE_GLYPHS = (4, 7, 99)  # since then tangents of glyphs are relative to their points
_PATH_MARGINS = ("a", "f", "l", "p", "r")  # of text on a path: properties since 5.7.15


def upgrade_version(root: Json) -> None:
    """Do what lottie-web does when it loads a document of the root's version."""
    version = _version(root.get("v"))
    if _is_before(version, _COLORS_TO_ONE):
        for shape in _shapes_of_layers(root):
            if shape.get("ty") in ("fl", "st"):
                _scale_colors(shape.get("c"))
    if _is_before(version, _CLOSED_IN_PATH):
        for animated, closed in _paths_with_their_closing(root):
            for path in _paths(animated):
                path["c"] = closed is True
    if _is_before(version, _RELATIVE_GLYPHS):
        for glyph in objects(root.get("chars")):
            content = glyph.get("data")
            for shape in all_shapes(content.get("shapes") if is_object(content) else None):
                for path in _paths(shape.get("ks")):
                    _make_relative(path)
    for layer in all_layers(root):
        if layer_type(layer) == "text" and is_object(layer.get("t")):
            _complete_text(layer["t"])


def _version(stated: object) -> list[float]:
    parts = stated.split(".") if isinstance(stated, str) and stated else ["100"]
    return [float(part) if part.isdecimal() and len(part) < 9 else -1.0 for part in parts]


def _is_before(version: list[float], first: tuple[int, ...]) -> bool:
    """A part that is missing or not a number counts as equal."""
    for part, first_part in zip(version, first, strict=False):
        if part >= 0 and part != first_part:
            return part < first_part
    return False


def _shapes_of_layers(root: Json) -> Iterator[Json]:
    for layer in all_layers(root):
        if layer_type(layer) == "shape":
            yield from all_shapes(layer.get("shapes"))


def _scale_colors(color: object) -> None:
    for state in states(color):
        channels = array(state)
        channels[:] = [number(channel, 0.0) / 255 for channel in channels]


def _paths_with_their_closing(root: Json) -> Iterator[tuple[object, object]]:
    for shape in _shapes_of_layers(root):
        if shape.get("ty") == "sh":
            yield shape.get("ks"), shape.get("closed")
    for layer in all_layers(root):
        for mask in objects(layer.get("masksProperties")):
            yield mask.get("pt"), mask.get("cl")


def _paths(animated: object) -> Iterator[Json]:
    """The paths of a property; a keyframe wraps its own in a list."""
    for state in states(animated):
        yield from [state] if is_object(state) else objects(state)


def _make_relative(path: Json) -> None:
    for key in ("i", "o"):
        handles = zip(array(path.get(key)), array(path.get("v")), strict=False)
        path[key] = [
            [number(end, 0.0) - number(start, 0.0) for end, start in zip(*pair, strict=False)]
            for pair in handles
            if all(isinstance(point, list) for point in pair)
        ]


def _complete_text(text: Json) -> None:
    """Old texts have no keyframes, and plain numbers as margins on their path."""
    document, path = text.get("d"), text.get("p")
    if is_object(document) and "k" not in document and "t" in document:
        text["d"] = {"k": [{"s": document, "t": 0}]}
    margins = path if is_object(path) else {}
    for key in _PATH_MARGINS:
        if isinstance(margins.get(key), (int, float)):
            margins[key] = {"a": 0, "k": margins[key]}
