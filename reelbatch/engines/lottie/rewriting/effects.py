"""Effects that ThorVG does not support, or draws incorrectly.

Set Matte becomes a matte. Stroke, which ThorVG applies to the layer's whole picture, becomes a
separate layer above it. Transform becomes the layer's own transform, with null layers as parents
that have the original one.
"""

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import count

from reelbatch.engines.lottie.document import Json, array, at_rest, is_object, number, objects
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.rewriting.curves import read_track, sampled

_SHAPE = 4
_SHADOW = 25
_MAX_FADED = 1000  # layers in a document
_OPAQUE = 100
_WIDE = 65_536  # pixels, so that nothing is cropped
_RELATIONS = frozenset({"tt", "tp", "td", "bm"})  # keys that concern other layers
_ALWAYS: Json = {"ty": 3, "ip": -1e6, "op": 1e6}
_STROKE, _SET_MATTE, _BLUR, _TRANSFORM = 22, 28, 29, 35
_NULL = 3
_MAX_TRANSFORMS = 1000  # in a document
_PLACE = ("ip", "op", "st", "sr", "parent", "ks", "ddd")
_MAX_ADDED = 8 * 1024**2  # characters of JSON that copies of layers may take
# The kinds of mattes (`tt`), plain and inverted, by the channel that Set Matte uses.
_ALPHA, _LUMINANCE = (1, 2), (3, 4)
_MATTES = {4: _ALPHA, 5: _LUMINANCE}
# The control of Stroke that has the paint style, after the spacing, and its values.
_PAINT_STYLE = 10
_ON_TRANSPARENT, _REVEAL = 2, 3  # only the line, and the picture where the line is


def fade_shadows(root: list[Json], precompositions: dict[str, list[Json]]) -> None:
    """Move each layer that has a shadow and is not always opaque into its own composition.

    That composition fades instead of the layer: ThorVG fades a layer before it adds the shadow,
    which then shows through.
    """
    left = _MAX_FADED
    for layers in [root, *precompositions.values()]:
        for position in range(len(layers) - 1, -1, -1):
            layer = layers[position]
            if left and _shadow_fades(layer) and not (layer.get("td") and _children(layer, layers)):
                left -= 1
                name = next(n for k in count() if (n := f"faded-{k}") not in precompositions)
                precompositions[name] = _unfaded(layer, layers)
                layers[position : position + 1] = _faded(layer, layers, name)


def _shadow_fades(layer: Json) -> bool:
    transform = layer.get("ks")
    if layer.get("hd") is True or not is_object(transform):
        return False
    if not any(effect.get("ty") == _SHADOW for effect in _enabled(layer)):
        return False
    opacity = read_track(transform.get("o", {"k": 100}))
    if opacity is None:
        return False
    values = (opacity.rest[0], *(segment.after[0] for segment in opacity.segments))
    return any(value < _OPAQUE for value in values)


def _children(layer: Json, layers: list[Json]) -> bool:
    return any("ind" in layer and one.get("parent") == layer["ind"] for one in layers)


def _unfaded(layer: Json, layers: list[Json]) -> list[Json]:
    """The layer, and its parents as nulls."""
    inner = {key: value for key, value in layer.items() if key not in _RELATIONS}
    made = [inner | {"ks": layer["ks"] | {"o": still(_OPAQUE)}}]
    by_number = {one["ind"]: one for one in reversed(layers) if isinstance(one.get("ind"), int)}
    parent = layer.get("parent")
    while isinstance(parent, int) and parent in by_number:
        above = by_number.pop(parent)
        made.append(_null(above))
        parent = above.get("parent")
    return made


def _faded(layer: Json, layers: list[Json], name: str) -> list[Json]:
    """The layer that shows the composition, and below it a null as parent of its children."""
    own = {key: layer[key] for key in _RELATIONS | {"nm", "ind", "ip", "op"} if key in layer}
    shown = own | {"ty": 0, "refId": name, "w": _WIDE, "h": _WIDE, "st": 0, "sr": 1}
    shown["ks"] = {"o": layer["ks"]["o"]}
    if not _children(layer, layers):
        return [shown]
    return [shown | {"ind": _unused_index(layers)}, _null(layer)]


def _null(layer: Json) -> Json:
    """A null that always has the layer's place."""
    return {key: layer[key] for key in (*_PLACE, "ind") if key in layer} | _ALWAYS


def replace_effects(compositions: Iterable[list[Json]]) -> None:
    """Rewrite the effects Set Matte and Stroke in each list of layers."""
    left = _MAX_ADDED
    for layers in compositions:
        for layer in list(layers):
            for effect in list(_enabled(layer)):
                added = _added(effect, layer, layers)
                left -= len(json.dumps(added)) if added else 0
                if added is None or left < 0:
                    continue
                position = next(n for n, one in enumerate(layers) if one is layer)
                layers.insert(position, added)
                layer["ef"] = [one for one in objects(layer["ef"]) if one is not effect]


def replace_transforms(compositions: Iterable[list[Json]]) -> None:
    """Rewrite the effect Transform in each list of layers."""
    left = _MAX_TRANSFORMS
    for layers in compositions:
        for layer in list(layers):
            effects = [one for one in _enabled(layer) if one.get("ty") == _TRANSFORM]
            for effect in effects[::-1][:left]:  # the first one is the innermost
                left -= 1
                _transform(effect, layer, layers)
                layer["ef"] = [one for one in objects(layer["ef"]) if one is not effect]


def _transform(effect: Json, layer: Json, layers: list[Json]) -> None:
    transform = layer.get("ks")
    own: Json = transform if is_object(transform) else {}
    index = _unused_index(layers)
    times = {key: layer[key] for key in ("ip", "op", "st", "sr") if key in layer}
    place = {key: layer.pop(key) for key in ("parent", "ao", "ddd") if key in layer}
    bare = {key: value for key, value in own.items() if key != "o"}
    nulls: list[Json] = [{**times, **place, "ty": _NULL, "ind": index, "ks": bare}]
    for one in layers:  # the effect does not move the layer's children
        if "ind" in layer and one.get("parent") == layer["ind"]:
            one["parent"] = index
    height = _property(effect, 3, 100)
    width = height if _value(effect, 2) == 1 else _property(effect, 4, 100)
    opacity = own.get("o", still(100)), _property(effect, 8, 100)
    place = {"p": _property(effect, 1, [0, 0])}
    if _value(effect, 5) or _moves(effect, 5):  # it is skewed after it is rotated
        skew = place | {"sk": _property(effect, 5, 0), "sa": _turned(_property(effect, 6, 0))}
        nulls.append({**times, "ty": _NULL, "ind": index + 1, "parent": index, "ks": skew})
        place = {"p": still([0, 0])}
    layer["parent"] = nulls[-1]["ind"]
    layer["ks"] = place | {
        "a": _property(effect, 0, [0, 0]),
        "s": _joined([width, height], lambda of: [of[0][0], of[1][0]], [100, 100]),
        "r": _property(effect, 7, 0),
        "o": _joined([*opacity], lambda of: [of[0][0] * of[1][0] / 100], [100]),
    }
    layers += nulls


def _turned(axis: Json) -> Json:
    return _joined([axis], lambda of: [of[0][0] + 90], [90])


def _joined(
    sources: list[Json], value_of: Callable[[list[list[float]]], list[float]], default: list[float]
) -> Json:
    tracks = [track for source in sources if (track := read_track(source)) is not None]
    return sampled(tracks, value_of) if len(tracks) == len(sources) else still(default)


def widen_blurs(layers: Iterable[Json]) -> None:
    """Widen blurs: ThorVG blurs less than lottie-web, and ignores small blurs."""
    for layer in layers:
        for effect in _enabled(layer):
            blurriness = objects(effect.get("ef"))[:1]
            track = read_track(blurriness[0].get("v")) if blurriness else None
            if effect.get("ty") == _BLUR and track is not None:
                blurriness[0]["v"] = sampled([track], lambda of: [_widened(of[0][0])])


def _widened(blurriness: float) -> float:
    """Measured: ThorVG's deviation is 0.2425 times this minus 0.35 pixels, lottie-web's 0.3."""
    return (0.3 * blurriness + 0.35) / 0.2425 if blurriness > 0 else 0.0


def _enabled(layer: Json) -> Iterator[Json]:
    return (effect for effect in objects(layer.get("ef")) if effect.get("en") == 1)


def _added(effect: Json, layer: Json, layers: list[Json]) -> Json | None:
    """The layer above that replaces an effect; None if the effect is not replaced."""
    if effect.get("ty") == _SET_MATTE:
        return _matte(effect, layer, layers)
    return _stroke(effect, layer, layers) if effect.get("ty") == _STROKE else None


def _matte(effect: Json, layer: Json, layers: list[Json]) -> Json | None:
    """Use a copy of the other layer as matte, because that layer itself stays visible."""
    source = next((one for one in layers if one.get("ind") == _value(effect, 0)), None)
    if source is None or source is layer or layer.get("tt") or source.get("tt"):
        return None
    mattes = _MATTES.get(int(_value(effect, 1)), _ALPHA)
    matte = copy.deepcopy(source) | {"ind": _unused_index(layers), "td": 1}
    for key in ("hd", "ef"):
        matte.pop(key, None)
    layer |= {"tt": mattes[1 if _value(effect, 2) else 0], "tp": matte["ind"]}
    return matte


def _stroke(effect: Json, layer: Json, layers: list[Json]) -> Json | None:
    masks = objects(layer.get("masksProperties"))
    number_of_mask = int(_value(effect, 0))
    chosen = masks if _value(effect, 1) else masks[max(0, number_of_mask - 1) :][:1]
    paths = [mask["pt"] for mask in chosen if is_object(mask.get("pt"))]
    if not paths or layer.get("tt") or layer.get("td"):
        return None
    shapes: list[Json] = [{"ty": "sh", "ks": copy.deepcopy(path)} for path in paths]
    if _value(effect, 7, 0) != 0 or _value(effect, 8, 100) != 100 or _moves(effect, 7, 8):
        trim = {"s": _property(effect, 7, 0), "e": _property(effect, 8, 100), "o": still(0)}
        shapes.append({"ty": "tm", "m": 1, **trim})
    shapes.append(
        {
            "ty": "st",
            "c": _property(effect, 3, [0, 0, 0, 1]),
            "w": _times(2, _property(effect, 4, 1)),  # lottie-web doubles the brush size
            "o": _times(100, _property(effect, 6, 1)),  # the effect has it from 0 to 1
            "lc": 2,
            "lj": 2,
        }
    )
    place = {key: copy.deepcopy(layer[key]) for key in _PLACE if key in layer}
    index = _unused_index(layers)
    line = {**place, "ty": _SHAPE, "ind": index, "shapes": shapes}
    style = _value(effect, _PAINT_STYLE)
    if style == _ON_TRANSPARENT:
        layer["hd"] = True
    if style == _REVEAL:
        layer |= {"tt": _ALPHA[0], "tp": index}
        return line | {"td": 1}
    return line


def _times(factor: float, animated: Json) -> Json:
    track = read_track(animated)
    return sampled([track], lambda of: [of[0][0] * factor]) if track else still(factor)


def _property(effect: Json, position: int, default: object) -> Json:
    controls = objects(effect.get("ef"))
    found = controls[position].get("v") if position < len(controls) else None
    return copy.deepcopy(found) if is_object(found) and "k" in found else still(default)


def _value(effect: Json, position: int, default: float = 0.0) -> float:
    rest = at_rest(_property(effect, position, default))
    return number((array(rest) or [rest])[0], default)


def _moves(effect: Json, *positions: int) -> bool:
    return any(objects(_property(effect, position, 0).get("k")) for position in positions)


def _unused_index(layers: list[Json]) -> int:
    used = [one["ind"] for one in layers if isinstance(one.get("ind"), int)]
    return max(used, default=0) + 1
