"""Soft edges for pictures and precompositions that lie between pixels.

ThorVG snaps both to whole pixels. Masking them with their box gives soft edges; a rotated picture
gets a matte instead (`framing`). A picture that is scaled, even slightly, is drawn between pixels,
but half a pixel too far to the right and down.
"""

import copy
import itertools
from collections.abc import Iterator, Mapping

from reelbatch.engines.lottie.document import (
    Json,
    array,
    is_object,
    layer_type,
    objects,
    reference,
)
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import states
from reelbatch.engines.lottie.rewriting.curves import read_track
from reelbatch.engines.lottie.rewriting.framing import framed
from reelbatch.engines.lottie.rewriting.placement import (
    Placement,
    is_rotated,
    masks,
    placements,
    sides,
)
from reelbatch.engines.lottie.rewriting.shrinking import EMBEDDED, png_size

_GROWTH = 0.04  # pixels of a picture, so that it counts as scaled and reaches its last pixel
_HALF = 0.5  # pixels by which ThorVG is off
_OPAQUE = 100
_SLIGHT_ROTATION = 0.005  # degrees
_SPREADING = (25, 29)  # effects: Drop Shadow and Gaussian Blur
_NULL, _ALPHA = 3, 1  # a layer's type, and a kind of matte
_PLACE = ("ks", "ao", "ip", "op", "st", "sr")
_MAX_ANCESTORS = 64


def soften_edges(
    root: list[Json], precompositions: Mapping[str, list[Json]], pictures: dict[str, Json]
) -> None:
    """Mask what lies between pixels with its box.

    `pictures` are the image assets by id. Pictures with margins are added to it.
    """
    placed = placements(root, precompositions)
    parents = {
        (id(layers), layer["parent"])
        for layers in (root, *precompositions.values())
        for layer in layers
        if "parent" in layer
    }
    for layers in (root, *precompositions.values()):
        ancestors: _MovedAncestors | None = None
        unused = itertools.count(_highest_number(layers) + 1)
        for layer in [*layers]:
            if id(layer) not in placed or masks(layer) or _spreads(layer):
                continue
            placement, around, outside = placed[id(layer)]
            if placement.is_whole:
                continue
            if layer_type(layer) == "precomp" and (box := sides(layer)):
                layer["masksProperties"] = [box_mask(box, (0.0, 0.0))]
                layer |= {"w": box[0] + 1, "h": box[1] + 1}  # moves ThorVG's own edge outwards
            elif layer_type(layer) == "image" and (id(layers), layer.get("ind")) not in parents:
                picture = pictures.get(reference(layer.get("refId")), {})
                if _is_rotated(layer, around):
                    scale = outside.scale or (1.0, 1.0)
                    picture = _frame(layer, picture, scale, (layers, unused), pictures)
                if around.scale is not None:
                    _place_picture(layer, placement, around.scale, picture)
                elif outside.scale is not None:
                    ancestors = ancestors or _MovedAncestors(layers, outside.scale, unused)
                    ancestors.adopt(layer, picture)
        layers += ancestors.nulls if ancestors else []


def _spreads(layer: Json) -> bool:
    """Whether an effect makes the layer larger than its box."""
    return any(
        effect.get("ty") in _SPREADING and effect.get("en") == 1
        for effect in objects(layer.get("ef"))
    )


def _highest_number(layers: list[Json]) -> int:
    return max((one["ind"] for one in layers if isinstance(one.get("ind"), int)), default=0)


def _is_rotated(layer: Json, around: Placement) -> bool:
    transform = layer.get("ks")
    return is_object(transform) and (around.scale is None or is_rotated(transform))


def _frame(
    layer: Json,
    picture: Json,
    scale: tuple[float, float],
    siblings: tuple[list[Json], Iterator[int]],
    pictures: dict[str, Json],
) -> Json:
    """Give a rotated picture soft edges, and return the picture that its layer then shows.

    `siblings` are the layers of its composition, and an iterator of unused layer numbers.
    """
    layers, unused = siblings
    frame = framed(layer, picture, scale, next(unused), pictures)
    if frame is None or not _shift(layer["ks"].setdefault("a", still([0, 0])), [*frame.margin]):
        return picture
    position = next(position for position, one in enumerate(layers) if one is layer)
    layers.insert(position, frame.matte)
    layer |= {"refId": frame.picture["id"], "tt": _ALPHA, "tp": frame.matte["ind"]}
    pictures[frame.picture["id"]] = frame.picture
    return frame.picture


def _place_picture(
    layer: Json,
    placement: Placement,
    around: tuple[float, float],
    picture: Json,
) -> None:
    """Correct a picture's position. `around` is the scale of its parents and composition."""
    transform, box = layer.get("ks"), sides(picture)
    if not is_object(transform) or box is None:
        return
    if placement.scale is None:
        _place_moving(transform, around, picture)
        return
    offset = _HALF / placement.scale[0], _HALF / placement.scale[1]
    anchor = transform.setdefault("a", still([0, 0]))
    if not _shift(anchor, [*offset]):
        return
    if placement.scale == (1.0, 1.0):
        transform["s"] = still(
            [100 * part * (1 + _GROWTH / max(box)) for part in _own_scale(transform)]
        )
    layer["masksProperties"] = [box_mask(box, offset)]


def _place_moving(transform: Json, scale: tuple[float, float], picture: Json) -> None:
    """Move a picture whose scale changes or that is rotated.

    ThorVG draws a rotated picture half a canvas pixel and half a picture pixel off.
    """
    turned = is_rotated(transform)
    off = _HALF if turned else -_HALF
    if _shift(transform.get("p"), [off / part for part in scale]) and turned:
        _keep_rotated(transform, picture)


def _keep_rotated(transform: Json, picture: Json) -> None:
    """Move a rotated picture by half of its own pixels, and keep it from standing upright.

    ThorVG draws pictures at right angles differently.
    """
    _shift(transform.setdefault("a", still([0, 0])), [-_HALF * side for side in _pixel(picture)])
    turn = transform["rz"] if "rz" in transform else transform.setdefault("r", still(0))
    _shift(turn, [_SLIGHT_ROTATION])


def _pixel(picture: Json) -> tuple[float, float]:
    """Width and height of one picture pixel in its layer."""
    box, path = sides(picture), picture.get("p")
    if box is None or not isinstance(path, str) or not path.startswith(EMBEDDED):
        return 1.0, 1.0
    width, height = png_size(path)
    return box[0] / width, box[1] / height


class _MovedAncestors:
    """Copies of pictures' parents as nulls, the topmost of which is moved by half a canvas pixel.

    If parents rotate, the pictures themselves cannot be moved like that.
    """

    def __init__(
        self, layers: list[Json], scale: tuple[float, float], unused: Iterator[int]
    ) -> None:
        self._by_number = {one["ind"]: one for one in layers if isinstance(one.get("ind"), int)}
        self._offset = [_HALF / part for part in scale]
        self._copies: dict[int, int | None] = {}  # by the parents' numbers
        self._unused = unused
        self.nulls: list[Json] = []

    def adopt(self, layer: Json, picture: Json) -> None:
        """Give a picture's layer such parents if possible."""
        transform, number_of_parent = layer.get("ks"), layer.get("parent")
        if not is_object(transform) or not isinstance(number_of_parent, int):
            return
        _keep_rotated(transform, picture)
        copied = self._copy(number_of_parent, _MAX_ANCESTORS)
        if copied is not None:
            layer["parent"] = copied

    def _copy(self, number_of_layer: int, most: int) -> int | None:
        if number_of_layer in self._copies:
            return self._copies[number_of_layer]
        parent = self._by_number.get(number_of_layer)
        if parent is None or parent.get("ddd") or not most:
            return None
        place = {key: copy.deepcopy(parent[key]) for key in _PLACE if key in parent}
        null: Json = {**place, "ty": _NULL, "ind": next(self._unused)}
        if isinstance(parent.get("parent"), int):
            null["parent"] = self._copy(parent["parent"], most - 1)
            is_whole = null["parent"] is not None
        else:
            is_whole = is_object(null.get("ks")) and _shift(null["ks"].get("p"), self._offset)
        self._copies[number_of_layer] = null["ind"] if is_whole else None
        if is_whole:
            self.nulls.append(null)
        return self._copies[number_of_layer]


def _own_scale(transform: Json) -> list[float]:
    scale = read_track(transform.get("s"))
    return [part / 100 for part in scale.rest[:2]] if scale else [1.0, 1.0]


def _shift(animated: object, offset: list[float]) -> bool:
    """Add to all values of a property; returns False if it does not have that many numbers."""
    if not is_object(animated) or isinstance(animated.get("x"), str):
        return False
    if animated.get("s") is True:  # separated dimensions
        return all(
            _shift(animated.get(key), [part]) for key, part in zip("xy", offset, strict=False)
        )
    if isinstance(animated.get("k"), (int, float)):
        animated["k"] = [animated["k"]]
    values = [array(state) for state in states(animated) if state is not None]
    if not values or any(
        read_track(still(value)) is None or len(value) < len(offset) for value in values
    ):
        return False
    for value in values:
        value[: len(offset)] = [a + b for a, b in zip(value, offset, strict=False)]
    return True


def box_mask(box: tuple[float, float], offset: tuple[float, float]) -> Json:
    """A mask in the shape of a box at an offset."""
    (x, y), (width, height) = offset, box
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    straight = [[0, 0]] * len(corners)
    path: Json = {"i": straight, "o": straight, "v": corners, "c": True}
    return {"mode": "a", "inv": False, "pt": still(path), "o": still(_OPAQUE), "x": still(0)}
