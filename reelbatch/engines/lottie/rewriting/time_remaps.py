"""Time remaps that reach the end of their precomposition.

At its very end a precomposition shows nothing in ThorVG, but its last frame in lottie-web.
"""

from collections.abc import Callable, Iterable

from reelbatch.engines.lottie.document import Json, array, is_object, layer_type, number, objects

_JUST_BEFORE = 0.01  # frames


def hold_last_frames(
    layers: Iterable[Json], length_of: Callable[[Json], float], frame_rate: float
) -> None:
    """Stop time remaps just before the end.

    `length_of` returns the end frame of the precomposition that a layer shows.
    """
    for layer in layers:
        remap = layer.get("tm")
        end = length_of(layer) if layer_type(layer) == "precomp" else 0.0
        if end <= 0 or not is_object(remap):
            continue
        keyframes = objects(remap.get("k"))
        if keyframes:
            remap["k"] = _clamped(keyframes, end / frame_rate, 1 / frame_rate)
        else:
            frame = _first(remap.get("k")) * frame_rate
            remap["k"] = max(0.0, end - 1 if frame >= end else frame) / frame_rate


def _clamped(keyframes: list[Json], end: float, frame: float) -> list[Json]:
    """The keyframes, with values in seconds, changed so that none reaches the end."""
    clamped: list[Json] = []
    for position, keyframe in enumerate(keyframes):
        if "e" in keyframe and _first(keyframe["e"]) >= end:
            keyframe["e"] = [end - _JUST_BEFORE * frame]
        if "s" not in keyframe or _first(keyframe["s"]) < end:
            clamped.append(keyframe)
            continue
        following = keyframes[position + 1] if position + 1 < len(keyframes) else keyframe
        stays = keyframe.get("h") or _first(following.get("s", keyframe.get("e"))) >= end
        time = number(keyframe.get("t"), 0.0)
        arrives = {"t": time - _JUST_BEFORE, "s": [end - _JUST_BEFORE * frame], "h": 1}
        if stays and clamped and number(clamped[-1].get("t"), time) < time - _JUST_BEFORE:
            clamped.append(arrives)
        clamped.append({**keyframe, "s": [end - frame if stays else end - _JUST_BEFORE * frame]})
    return clamped


def _first(value: object) -> float:
    return number((array(value) or [value])[0], 0.0)
