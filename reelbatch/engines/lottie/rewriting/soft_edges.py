"""Edges of pictures and precompositions that lie between pixels.

ThorVG rounds both to whole pixels. Their box as a mask has soft edges. A picture that is scaled,
if only a little, is drawn between pixels, but half a pixel too far right and down.
"""

from collections.abc import Mapping

from reelbatch.engines.lottie.document import Json, array, is_object, layer_type, reference
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import states
from reelbatch.engines.lottie.rewriting.curves import read_track
from reelbatch.engines.lottie.rewriting.placement import (
    Placement,
    is_turned,
    masks,
    placements,
    sides,
)

_GROWTH = 0.04  # pixels of a picture, so that it is scaled and reaches into its last pixel
_HALF = 0.5  # pixels that ThorVG is off
_OPAQUE = 100


def soften_edges(
    root: list[Json], precompositions: Mapping[str, list[Json]], pictures: Mapping[str, Json]
) -> None:
    """Mask what lies between pixels by its box. `pictures` are image assets by their ids."""
    placed = placements(root, precompositions)
    parents = {
        (id(layers), layer["parent"])
        for layers in (root, *precompositions.values())
        for layer in layers
        if "parent" in layer
    }
    for layers in (root, *precompositions.values()):
        for layer in layers:
            if id(layer) not in placed or masks(layer):
                continue
            placement, around = placed[id(layer)]
            if placement.is_whole:
                continue
            if layer_type(layer) == "precomp" and (box := sides(layer)):
                layer["masksProperties"] = [_box_mask(box, (0.0, 0.0))]
                layer |= {"w": box[0] + 1, "h": box[1] + 1}  # ThorVG's own edge is further out
            elif layer_type(layer) == "image" and (id(layers), layer.get("ind")) not in parents:
                picture = pictures.get(reference(layer.get("refId")), {})
                _place_picture(layer, placement, around, sides(picture))


def _place_picture(
    layer: Json, placement: Placement, around: Placement, box: tuple[float, float] | None
) -> None:
    transform = layer.get("ks")
    if not is_object(transform) or around.scale is None or box is None:
        return
    if placement.scale is None:
        _place_moving(transform, around.scale)
        return
    offset = _HALF / placement.scale[0], _HALF / placement.scale[1]
    anchor = transform.setdefault("a", still([0, 0]))
    if not _shift(anchor, [*offset]):
        return
    if placement.scale == (1.0, 1.0):
        transform["s"] = still(
            [100 * part * (1 + _GROWTH / max(box)) for part in _own_scale(transform)]
        )
    layer["masksProperties"] = [_box_mask(box, offset)]


def _place_moving(transform: Json, scale: tuple[float, float]) -> None:
    """A picture that is turned is off by half a pixel of the canvas and half of its own."""
    turned = is_turned(transform)
    off = _HALF if turned else -_HALF
    if _shift(transform.get("p"), [off / part for part in scale]) and turned:
        _shift(transform.setdefault("a", still([0, 0])), [-_HALF, -_HALF])


def _own_scale(transform: Json) -> list[float]:
    scale = read_track(transform.get("s"))
    return [part / 100 for part in scale.rest[:2]] if scale else [1.0, 1.0]


def _shift(animated: object, offset: list[float]) -> bool:
    """Add to all values that a property takes; False where it is split, or no property of two."""
    if not is_object(animated) or isinstance(animated.get("x"), str) or animated.get("s") is True:
        return False
    values = [array(state) for state in states(animated) if state is not None]
    if not values or any(read_track(still(value)) is None or len(value) < 2 for value in values):
        return False
    for value in values:
        value[0] += offset[0]
        value[1] += offset[1]
    return True


def _box_mask(box: tuple[float, float], offset: tuple[float, float]) -> Json:
    (x, y), (width, height) = offset, box
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    straight = [[0, 0]] * len(corners)
    path: Json = {"i": straight, "o": straight, "v": corners, "c": True}
    return {"mode": "a", "inv": False, "pt": still(path), "o": still(_OPAQUE), "x": still(0)}
