"""Iterates over the parts of a document that has not been checked yet."""

from collections.abc import Iterator
from typing import Any

from reelbatch.engines.lottie.document import Json, array, is_object, objects, reference

_OUTLINE = frozenset("vio")  # the keys of a path: its points and their handles


def all_layers(root: Json) -> Iterator[Json]:
    """The layers of the root and of all precompositions."""
    yield from objects(root.get("layers"))
    for asset in objects(root.get("assets")):
        yield from objects(asset.get("layers"))


def all_shapes(shapes: object) -> Iterator[Json]:
    """The shapes of a layer or a group, including those in nested groups."""
    waiting = objects(shapes)
    while waiting:
        shape = waiting.pop()
        yield shape
        if "it" in shape:
            waiting += objects(shape["it"])


def all_objects(value: object) -> Iterator[Json]:
    """Every object in a JSON value, including itself, but not those in keyframes and paths.

    These make up most of a document, and contain nothing of interest.
    """
    waiting = [value] if is_object(value) else objects(value)
    while waiting:
        current = waiting.pop()
        yield current
        if current.keys() >= _OUTLINE:
            continue
        for key, field in current.items():
            if is_object(field):
                waiting.append(field)
            elif key != "k" and dict in map(type, array(field)):
                waiting += objects(field)


def mattes(layers: list[Json]) -> set[int]:
    """The `id()` of each layer that another layer uses as its matte."""
    above = [layers[n - 1] for n, one in enumerate(layers) if n and one.get("tt")]
    named = {reference(one["tp"]) for one in layers if isinstance(one.get("tp"), int)}
    return {id(one) for one in above} | {
        id(one) for one in layers if one.get("td") or reference(one.get("ind")) in named
    }


def states(animated: object) -> Iterator[Any]:
    """The values of a property: at rest, or at the starts and ends of its segments."""
    content = animated.get("k") if is_object(animated) else None
    keyframes = objects(content)
    if not keyframes:
        yield content
    for keyframe in keyframes:
        for key in ("s", "e"):
            if key in keyframe:
                yield keyframe[key]
