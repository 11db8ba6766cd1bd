"""Reverses chains of masks, which ThorVG applies from the last to the first.

A layer's masks are applied in order: the third to the result of the first two. ThorVG applies the
second to the result of the third and those after it. So the chain is written backwards. This
sometimes needs the complement of a mask, which is an outline around everything with the mask as a
hole.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass

from reelbatch.engines.lottie.document import (
    Json,
    array,
    is_object,
    number,
    objects,
    reference,
)
from reelbatch.engines.lottie.reading.walking import states

_ADD, _SUBTRACT, _INTERSECT, _DIFFERENCE = "asif"
_MODES = frozenset("asifld")  # lighten and darken equal add and intersect for opaque masks
_SHOWN_WHERE_THE_MATTE_IS = (1, 3)  # values of `tt`; the others are inverted
_FAR = 50_000  # pixels: outside any layer


def order_masks(layers: Iterable[Json]) -> None:
    """Rewrite the chains of masks that ThorVG draws incorrectly, as far as possible."""
    for layer in layers:
        chain = _chain(layer)
        orders = [] if _is_drawn_correctly(chain) or _has_text_on_path(layer) else _orders(chain)
        if orders:
            layer["masksProperties"] = min(orders, key=lambda order: sum(map(_is_hole, order)))


def hide_without_mattes(compositions: Iterable[list[Json]]) -> None:
    """Hide layers whose matte is hidden, as lottie-web does; ThorVG shows them unmasked."""
    for layers in compositions:
        numbers = {reference(layer.get("ind")): layer for layer in layers}
        above: Json = {}
        for layer in layers:
            matte = numbers.get(reference(layer["tp"]), {}) if layer.get("tp") else above
            if layer.get("tt") in _SHOWN_WHERE_THE_MATTE_IS and matte.get("hd") is True:
                layer["hd"] = True
            above = layer


def is_out_of_order(layer: Json) -> bool:
    """Whether ThorVG draws the layer's masks incorrectly, and they cannot be rewritten."""
    chain = _chain(layer)
    return not _is_drawn_correctly(chain) and (_has_text_on_path(layer) or not _orders(chain))


def _chain(layer: Json) -> "list[_Mask]":
    chain = [_Mask.of(mask) for mask in objects(layer.get("masksProperties"))]
    return [mask for mask in chain if mask.mode in _MODES]


def _orders(chain: "list[_Mask]") -> list[list[Json]]:
    """The possible reversals of a chain."""
    return [
        order
        for complemented in (False, True)
        if (order := _backwards(chain, complemented=complemented))
    ]


@dataclass(frozen=True)
class _Mask:
    content: Json
    mode: str  # its first letter
    inverted: bool

    @classmethod
    def of(cls, mask: Json) -> "_Mask":
        mode = mask.get("mode")
        return cls(mask, mode[:1] if isinstance(mode, str) else "", mask.get("inv") is True)

    def used(self, mode: str, *, outside: bool) -> Json | None:
        """The mask or its complement; None if that cannot be expressed."""
        plain = {**self.content, "mode": mode, "inv": False}
        if outside == self.inverted:
            return plain
        hole = _hole_in_all(self.content.get("pt"))
        is_plain = _is_still(plain.get("o"), 100) and _is_still(plain.get("x"), 0)
        return {**plain, "pt": hole} if hole is not None and is_plain else None

    @property
    def opacity(self) -> object:
        opacity = self.content.get("o")
        return opacity.get("k") if is_object(opacity) else 100


def _is_drawn_correctly(chain: list[_Mask]) -> bool:
    """Whether ThorVG draws the chain correctly as it is."""
    if not chain:
        return True
    first, others = chain[0], chain[1:]
    modes = {mask.mode for mask in others}
    if not others:
        return not first.inverted or first.mode in (_ADD, _SUBTRACT)
    if any(mask.inverted for mask in chain) or len(modes) > 1:
        return False
    alike = all(mask.opacity == first.opacity for mask in others)
    if first.mode == _SUBTRACT:
        return modes == {_SUBTRACT} and alike
    [mode] = modes
    if mode == _SUBTRACT:
        return len(others) == 1 or all(mask.opacity == others[0].opacity for mask in others)
    return len(others) == 1 or mode == first.mode


def _backwards(chain: list[_Mask], *, complemented: bool) -> list[Json] | None:
    """The reversed chain, or with `complemented`, of its complement, which is inverted at the end.

    None if the complement of a mask is needed but cannot be expressed.
    """
    order: list[Json] = []
    mode = _SUBTRACT if complemented else _ADD
    for mask in reversed(chain[1:]):
        subtracts = mask.mode == _SUBTRACT
        used = mask.used(mode, outside=complemented != subtracts)
        if used is None:
            return None
        order.append(used)
        if mask.mode == _DIFFERENCE:
            mode, complemented = _DIFFERENCE, False
        else:
            joins = mask.mode in (_ADD, "l")
            mode = _ADD if joins != complemented else _INTERSECT
            if subtracts:
                mode = _ADD if complemented else _INTERSECT
    first = chain[0]
    used = first.used(mode, outside=complemented != (first.mode == _SUBTRACT))
    return [*order, used] if used is not None else None


def _is_hole(mask: Json) -> bool:
    path = next(states(mask.get("pt")), None)
    vertices = (objects(path) or [path])[0]
    return is_object(vertices) and bool(vertices.get("hole"))


def _has_text_on_path(layer: Json) -> bool:
    """Whether the layer has text on a path, which refers to a mask by its number."""
    text = layer.get("t")
    path = text.get("p") if is_object(text) else None
    return is_object(path) and "m" in path


def _is_still(animated: object, value: float) -> bool:
    if animated is None:
        return True
    return is_object(animated) and animated.get("k") in (value, [value])


def _hole_in_all(animated: object) -> Json | None:
    """The path property of everything outside a path; None if the path has no points."""
    if not is_object(animated):
        return None
    hole = copy.deepcopy(animated)
    paths = [path for state in states(hole) for path in (objects(state) or [state])]
    if not paths or not all(is_object(path) and array(path.get("v")) for path in paths):
        return None
    backwards = _area(paths[0]) > 0
    for path in paths:
        path |= _around(path, backwards=backwards)
    return hole


def _around(path: Json, *, backwards: bool) -> Json:
    """A single outline: around everything, to the path, along it counter-clockwise, and back."""
    points = [array(point) for point in array(path.get("v"))]
    arriving, leaving = (_handles(path, key, len(points)) for key in ("i", "o"))
    order = range(len(points) - 1, -1, -1) if backwards else range(len(points))
    if backwards:
        arriving, leaving = leaving, arriving
    zero = [0, 0]
    square = [[-_FAR, -_FAR], [_FAR, -_FAR], [_FAR, _FAR], [-_FAR, _FAR], [-_FAR, -_FAR]]
    hole = [*order, order[0]]
    return {
        "v": [*square, *(points[n] for n in hole)],
        "i": [*[zero] * 6, *(arriving[n] for n in hole[1:])],
        "o": [*[zero] * 5, *(leaving[n] for n in hole[:-1]), zero],
        "c": True,
        "hole": True,
    }


def _handles(path: Json, key: str, count: int) -> list[list[object]]:
    handles = [array(handle) for handle in array(path.get(key))]
    return [handles[n] if n < len(handles) else [0, 0] for n in range(count)]


def _area(path: Json) -> float:
    """Twice the signed area; positive for a clockwise path."""
    points = [[number(part, 0.0) for part in array(point)[:2]] for point in array(path.get("v"))]
    points = [point for point in points if len(point) == 2]
    return sum(
        a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], *points[:1]], strict=True)
    )
