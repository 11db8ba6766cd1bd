"""Translucent groups of shapes, in which ThorVG fades each shape by itself.

Shapes then show through others that should hide them. A layer fades as a whole, so such a layer is
split into one layer per group, with a null as their parent.
"""

from collections.abc import Iterable

from reelbatch.engines.lottie.document import Json, is_object, layer_type, objects
from reelbatch.engines.lottie.reading.walking import all_shapes, mattes
from reelbatch.engines.lottie.rewriting.curves import read_track

_NULL = 3
_DRAWN = frozenset({"sh", "rc", "el", "sr"})
_PAINTS = frozenset({"fl", "st", "gf", "gs"})
_TIMES = ("ip", "op", "st", "sr")
_MAX_ADDED = 1000  # layers in a document


def split_faded_groups(compositions: Iterable[list[Json]]) -> None:
    """Split the layers that can be split without any other difference."""
    left = _MAX_ADDED
    for layers in compositions:
        hidden = mattes(layers)
        for position in range(len(layers) - 1, -1, -1):
            layer = layers[position]
            shapes = objects(layer.get("shapes"))
            groups = [shape for shape in shapes if shape.get("hd") is not True]
            if (
                layer_type(layer) != "shape"
                or id(layer) in hidden
                or not 0 < len(groups) <= left
                or any(shape.get("ty") != "gr" for shape in shapes)
                or not any(_fades_badly(group) for group in groups)
                or not _is_plain(layer)
            ):
                continue
            left -= len(groups)
            layers[position : position + 1] = _split(layer, groups, layers)


def _is_plain(layer: Json) -> bool:
    """Whether the layer has a number, is always opaque, and has no masks, effects or the like."""
    if any(layer.get(key) for key in ("tt", "ef", "masksProperties", "bm", "hd")):
        return False
    transform = layer.get("ks")
    if not isinstance(layer.get("ind"), int) or not is_object(transform):
        return False
    opacity = read_track(transform.get("o", {"k": 100}))
    return opacity is not None and not opacity.segments and opacity.rest[0] == 100


def _fades_badly(group: Json) -> bool:
    """Whether the group draws more than one thing, and is translucent at some time."""
    kinds = [shape.get("ty") for shape in all_shapes(group.get("it"))]
    paints = sum(kind in _PAINTS for kind in kinds)
    if paints < 2 or not any(kind in _DRAWN for kind in kinds):
        return False
    opacity = read_track(_transform(group).get("o", {"k": 100}))
    if opacity is None:
        return False
    values = [opacity.rest[0], *(s.after[0] for s in opacity.segments)]
    is_hidden = not opacity.segments and values[0] <= 0
    return not is_hidden and any(value < 100 for value in values)


def _transform(group: Json) -> Json:
    found = [item for item in objects(group.get("it")) if item.get("ty") == "tr"]
    return found[-1] if found else {}


def _split(layer: Json, groups: list[Json], layers: list[Json]) -> list[Json]:
    """The null, and above it a layer for each group."""
    used = [one["ind"] for one in layers if isinstance(one.get("ind"), int)]
    following = max(used) + 1
    times = {key: layer[key] for key in _TIMES if key in layer}
    split: list[Json] = []
    for number, group in enumerate(groups):
        transform = _transform(group)
        items = [item for item in objects(group.get("it")) if item is not transform]
        split.append(
            {
                "ty": layer["ty"],
                "ind": following + number,
                "parent": layer["ind"],
                "ks": {key: value for key, value in transform.items() if key != "ty"},
                **times,
                "bm": group.get("bm", 0),
                "shapes": items,
            }
        )
    null = {key: value for key, value in layer.items() if key != "shapes"} | {"ty": _NULL}
    return [*split, null]
