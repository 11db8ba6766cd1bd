"""Turns text with pictures, such as coloured emoji, into a composition of shapes and pictures.

A shape layer cannot contain pictures. So the layer shows a composition that is large enough for
text on all sides of its centre, which replaces the layer's origin.
"""

import base64
import hashlib
import struct
from collections.abc import Iterator, Sequence

from reelbatch.engines.lottie.document import Json, array, is_object, number, objects
from reelbatch.engines.lottie.typesetting.outlines import PlacedPicture

_PRECOMPOSITION, _IMAGE, _NULL, _SHAPES = 0, 2, 3, 4  # layer types
_MIDDLE = 16_384  # pixels from a side of the composition
_PNG_SIZE = struct.Struct(">16xII")  # https://www.w3.org/TR/png-3/#11IHDR


def show_pictures(
    layer: Json, identity: str, groups: Sequence[Json], pictures: Sequence[PlacedPicture]
) -> list[Json]:
    """Make the layer show `groups` and `pictures`, and return the assets that it refers to."""
    images = {_identity(placed): placed for placed in pictures}
    first, end = number(layer.get("ip"), 0.0), number(layer.get("op"), 0.0)
    span: Json = {"ip": first, "op": end, "st": 0}
    middle: Json = {**_transform(), "p": _still([_MIDDLE, _MIDDLE])}
    root: Json = {"ty": _NULL, "ind": 1, "ks": middle, **span}
    shapes: Json = {"ty": _SHAPES, "ind": 2, "parent": 1, "ks": _transform(), **span}
    inner = [*_image_layers(pictures, span), {**shapes, "shapes": list(groups)}, root]
    _move_origin(layer)
    layer.update(ty=_PRECOMPOSITION, refId=identity, w=2 * _MIDDLE, h=2 * _MIDDLE, st=0, sr=1)
    layer.pop("tm", None)
    assets = [_asset(name, placed.picture.png) for name, placed in images.items()]
    return [{"id": identity, "layers": inner}, *assets]


def _image_layers(pictures: Sequence[PlacedPicture], span: Json) -> Iterator[Json]:
    """The layers of the pictures, the last letter on top."""
    for number_, placed in enumerate(reversed(pictures)):
        carrier = 2 * number_ + 3
        width, height = _size(placed.picture.png)
        place: Json = {
            **_transform(),
            "p": _still([placed.x, placed.y]),
            "s": _still([100 * placed.width / width, 100 * placed.height / height]),
            "o": placed.transform["o"],
        }
        transform = {key: value for key, value in placed.transform.items() if key != "ty"}
        shown = {"ip": placed.first, "op": placed.end, "st": 0}
        yield {
            "ty": _IMAGE,
            "ind": carrier + 1,
            "parent": carrier,
            "ks": place,
            **shown,
            "refId": _identity(placed),
        }
        yield {"ty": _NULL, "ind": carrier, "parent": 1, "ks": transform, **span}


def _move_origin(layer: Json) -> None:
    """Keep everything in place when the origin moves to the centre of the composition."""
    transform = layer.setdefault("ks", {})
    if not is_object(transform):
        return
    _add_to_points(transform.setdefault("a", _still([0, 0])))
    for mask in objects(layer.get("masksProperties")):
        outline = mask.get("pt")
        content = outline.get("k") if is_object(outline) else None
        states = [array(frame.get(key)) for frame in objects(content) for key in ("s", "e")]
        for state in [[content], *states]:
            for path in objects(state):
                path["v"] = [_moved(point) for point in array(path.get("v"))]


def _add_to_points(animated: object) -> None:
    if not is_object(animated):
        return
    keyframes = objects(animated.get("k"))
    for keyframe in keyframes:
        for key in ("s", "e"):
            if array(keyframe.get(key)):
                keyframe[key] = _moved(keyframe[key])
    if not keyframes:
        animated["k"] = _moved(animated.get("k"))


def _moved(point: object) -> list[float]:
    x, y, *rest = (*array(point), 0, 0)[: max(2, len(array(point)))]
    return [number(x, 0.0) + _MIDDLE, number(y, 0.0) + _MIDDLE, *rest]


def _asset(identity: str, png: bytes) -> Json:
    width, height = _size(png)
    address = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return {"id": identity, "w": width, "h": height, "u": "", "p": address, "e": 1}


def _identity(placed: PlacedPicture) -> str:
    return f"glyph-{hashlib.sha256(placed.picture.png).hexdigest()}"


def _size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, at least 1."""
    width, height = _PNG_SIZE.unpack_from(png.ljust(_PNG_SIZE.size, b"\0"))
    return max(1, width), max(1, height)


def _transform() -> Json:
    return {
        "a": _still([0, 0]),
        "p": _still([0, 0]),
        "s": _still([100, 100]),
        "r": _still(0),
        "o": _still(100),
    }


def _still(value: object) -> Json:
    return {"a": 0, "k": value}
