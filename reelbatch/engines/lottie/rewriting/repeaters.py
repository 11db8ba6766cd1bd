"""Writes out repeaters that fade, which ThorVG starts and ends with wrong opacities.

Such a repeater becomes a group for each copy. A repeater with constant opacity is kept, but its
number of copies is rounded up, because ThorVG leaves out partial copies.
"""

import copy
import json
import math
from collections.abc import Iterable

from reelbatch.engines.lottie.document import Json, is_object, objects
from reelbatch.engines.lottie.properties import still
from reelbatch.engines.lottie.reading.walking import all_shapes
from reelbatch.engines.lottie.rewriting.curves import Track, read_track, sampled

_MAX_COPIES = 200
_MAX_WRITTEN = 4 * 1024**2  # characters of JSON in a document
_MIN_SCALED = 1e-6
_MAX_SCALED = 1e9  # percent
_FIRST_ON_TOP = 1  # value of `m`
_NONE, _ONE = read_track(still(0)), read_track(still(1))


def write_out_repeaters(layers: Iterable[Json]) -> None:
    """Replace repeaters with a fixed number of copies that differ in opacity."""
    left = _MAX_WRITTEN
    for layer in layers:
        for repeater in all_shapes(layer.get("shapes")):
            count = read_track(repeater.get("c")) if repeater.get("ty") == "rp" else None
            if count is not None and not _is_whole(count):
                repeater["c"] = sampled([count], lambda of: [math.ceil(of[0][0])])
        waiting = [layer]
        while waiting:
            holder = waiting.pop()
            key = "shapes" if "shapes" in holder else "it"
            left -= _write_out(holder, key, left)
            waiting += objects(holder.get(key))


def _is_whole(count: Track) -> bool:
    return not count.segments and count.rest[0] == math.ceil(count.rest[0])


def _write_out(holder: Json, key: str, most: int) -> int:
    """Write out the first possible repeater of a list; returns the characters that were added."""
    items = objects(holder.get(key))
    for position, item in enumerate(items):
        copies = _copies(item) if item.get("ty") == "rp" else None
        if copies is None:
            continue
        repeated = [shape for shape in items[:position] if shape.get("ty") != "tr"]
        size = len(json.dumps(repeated)) * len(copies)
        if size > most:
            return 0
        groups = [{"ty": "gr", "it": [*copy.deepcopy(repeated), place]} for place in copies]
        holder[key] = [*groups, *items[position + 1 :]]
        return size
    return 0


def _copies(repeater: Json) -> list[Json] | None:
    """The transforms of the copies, the topmost first.

    None if the number of copies changes, or their opacity is constant.
    """
    transform = repeater.get("tr")
    if not is_object(transform) or repeater.get("hd") is True:
        return None
    usual: dict[str, object] = {
        "p": [0, 0],
        "a": [0, 0],
        "s": [100, 100],
        "r": 0,
        "so": 100,
        "eo": 100,
    }
    number, offset = (read_track(repeater.get(key, still(0))) for key in ("c", "o"))
    if number == _ONE and offset == _NONE:  # the first copy stays where it is
        transform = {key: transform[key] for key in ("so", "eo") if key in transform}
    tracks = {key: read_track(transform.get(key, still(value))) for key, value in usual.items()}
    readable = {key: track for key, track in tracks.items() if track is not None}
    if len(readable) < len(usual) or number is None or offset is None:
        return None
    if (
        any(len(readable[key].rest) < 2 for key in ("p", "a", "s"))
        or abs(offset.rest[0]) > _MAX_COPIES
    ):
        return None
    count = math.ceil(number.rest[0])
    fades = readable["so"] != readable["eo"]
    if not fades or number.segments or offset.segments or not 0 < count <= _MAX_COPIES:
        return None
    copies = [_copy(readable, n + offset.rest[0], n / max(1, count - 1)) for n in range(count)]
    if repeater.get("m") == _FIRST_ON_TOP:
        return copies
    # lottie-web fades the copies from the top down, wherever the first one is
    turned = [_copy(readable, n + offset.rest[0], 1 - n / max(1, count - 1)) for n in range(count)]
    return turned[::-1]


def _copy(tracks: dict[str, Track], times: float, share: float) -> Json:
    """The transform of a copy that is moved, rotated and scaled `times` times."""
    return {
        "ty": "tr",
        "a": sampled([tracks["a"]], lambda of: of[0][:2]),
        "p": sampled(
            [tracks["p"], tracks["a"]],
            lambda of: [of[0][n] * times + of[1][n] for n in (0, 1)],
        ),
        "s": sampled([tracks["s"]], lambda of: [_power(part, times) for part in of[0][:2]]),
        "r": sampled([tracks["r"]], lambda of: [of[0][0] * times]),
        "o": sampled(
            [tracks["so"], tracks["eo"]],
            lambda of: [of[0][0] + (of[1][0] - of[0][0]) * share],
        ),
    }


def _power(percent: float, times: float) -> float:
    """A scale in percent that is applied `times` times; a mirrored one flips at whole numbers."""
    factor = percent / 100
    if times < 0 and abs(factor) < _MIN_SCALED:
        return 0.0
    try:
        size = abs(factor) ** times
    except OverflowError:
        return _MAX_SCALED
    return min(100 * size, _MAX_SCALED) * (-1 if factor < 0 and round(times) % 2 else 1)
