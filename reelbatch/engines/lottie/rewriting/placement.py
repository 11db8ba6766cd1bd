"""Where layers lie on the canvas, as far as this determines how ThorVG draws their edges."""

from collections.abc import Mapping
from dataclasses import dataclass

from reelbatch.engines.lottie.document import (
    Json,
    is_object,
    layer_type,
    number,
    objects,
    reference,
)
from reelbatch.engines.lottie.rewriting.curves import read_track

_ROTATIONS = ("r", "rx", "ry", "rz", "sk")
_TOLERANCE = 1e-4  # pixels
_MAX_PARENTS = 64


@dataclass(frozen=True)
class Placement:
    """How a layer's pixels map to those of the canvas."""

    scale: tuple[float, float] | None  # None: it changes, or the layer is rotated
    is_whole: bool  # always exactly on the canvas's pixels

    def inside(self, outer: "Placement") -> "Placement":
        scale = None
        if self.scale and outer.scale:
            scale = self.scale[0] * outer.scale[0], self.scale[1] * outer.scale[1]
        return Placement(scale, self.is_whole and outer.is_whole)

    def like(self, other: "Placement") -> "Placement":
        """The part that this placement and another one have in common."""
        scale = self.scale if self.scale == other.scale else None
        return Placement(scale, self.is_whole and other.is_whole)


UNMOVED = Placement((1.0, 1.0), is_whole=True)
_UNKNOWN = Placement(None, is_whole=False)


def placements(
    root: list[Json], precompositions: Mapping[str, list[Json]]
) -> dict[int, tuple[Placement, Placement, Placement]]:
    """By `id()` of each layer: its placement, that of its parents, and that of its composition."""
    found: dict[int, tuple[Placement, Placement, Placement]] = {}
    compositions = {"": UNMOVED}
    waiting = [("", root)]
    while waiting:
        name, layers = waiting.pop()
        parents = {layer["ind"]: layer for layer in layers if isinstance(layer.get("ind"), int)}
        own: dict[int, Placement] = {}  # of parents, each of which may have many children
        for layer in layers:
            around = _parents_placement(layer, parents, own).inside(compositions[name])
            placement = _own_placement(layer).inside(around)
            found[id(layer)] = placement, around, compositions[name]
            inner = reference(layer.get("refId")) if layer_type(layer) == "precomp" else ""
            if inner in precompositions:
                former = compositions.get(inner)
                merged = placement if former is None else placement.like(former)
                if former != merged:  # placements only become vaguer, so this terminates
                    compositions[inner] = merged
                    waiting.append((inner, precompositions[inner]))
    return found


def _parents_placement(
    layer: Json, parents: Mapping[int, Json], own: dict[int, Placement]
) -> Placement:
    """The placement of a layer's parents. `own` caches their own transforms by number."""
    placement = UNMOVED
    for _ in range(_MAX_PARENTS):
        number_of_parent = layer.get("parent", -1)
        parent = parents.get(number_of_parent)
        if parent is None:
            return placement
        if number_of_parent not in own:
            own[number_of_parent] = _own_placement(parent)
        placement = placement.inside(own[number_of_parent])
        layer = parent
    return _UNKNOWN


def _own_placement(layer: Json) -> Placement:
    transform = layer.get("ks")
    if not is_object(transform):
        return UNMOVED
    scale = read_track(transform.get("s", {"k": [100, 100]}))
    if (
        is_rotated(transform)
        or layer.get("ao")
        or scale is None
        or scale.segments
        or len(scale.rest) < 2
    ):
        return _UNKNOWN
    factor = scale.rest[0] / 100, scale.rest[1] / 100
    if factor[0] <= 0 or factor[1] <= 0:
        return _UNKNOWN
    return Placement(factor, is_whole=factor == (1.0, 1.0) and _is_on_whole_pixels(transform))


def is_rotated(transform: Json) -> bool:
    """Whether a transform rotates or skews its layer, or may do so at some time."""
    turns = [read_track(transform[key]) for key in _ROTATIONS if key in transform]
    return any(turn is None or turn.segments or any(turn.rest) for turn in turns)


def _is_on_whole_pixels(transform: Json) -> bool:
    position = transform.get("p", {"k": [0, 0]})
    sources = [position, transform.get("a", {"k": [0, 0]})]
    if is_object(position) and position.get("s") is True:
        sources = [position.get("x"), position.get("y"), sources[1]]
    tracks = [read_track(source) for source in sources]
    still = [track.rest for track in tracks if track is not None and not track.segments]
    if len(still) < len(tracks):
        return False
    place = [part for rest in still[:-1] for part in rest][:2]
    return all(_is_whole(a - b) for a, b in zip(place, still[-1], strict=False))


def _is_whole(length: float) -> bool:
    return abs(length - round(length)) < _TOLERANCE


def sides(sized: Json) -> tuple[float, float] | None:
    """Width and height in pixels; None unless both are stated."""
    width, height = number(sized.get("w"), 0.0), number(sized.get("h"), 0.0)
    return (width, height) if width > 0 and height > 0 else None


def masks(layer: Json) -> list[Json]:
    """The masks of a layer."""
    return objects(layer.get("masksProperties"))
