"""Moves layers in time, and changes the durations of layers and compositions."""

from collections.abc import Mapping

from pydantic import JsonValue

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie.document import (
    Json,
    LottieComposition,
    number,
    objects,
    whole_frames,
)
from reelbatch.engines.lottie.properties import as_number
from reelbatch.engines.lottie.reading.walking import all_objects
from reelbatch.models.errors import AssetInvalid, LimitExceeded

START_KEYS = ("start", "startTime", "time", "value", "seconds")
DURATION_KEYS = ("duration", "time", "value", "seconds")
_TIMES_OF_A_LAYER = ("ip", "op", "st")
LONGEST = 24 * 3600.0  # seconds
_TOLERANCE = 0.01  # frames; exporters write times with noise in the last digits


def set_layer_start(
    composition: LottieComposition, layer: Json, rate: float, params: Mapping[str, JsonValue]
) -> None:
    """Move a layer with its keyframes so that it starts at the seconds given in `params`.

    Raises AssetInvalid.
    """
    start = seconds_of("nx:layer-start-set", params, START_KEYS, -LONGEST)
    delta = composition.first_frame + start * rate - number(layer.get("ip"), 0.0)
    _shift_keyframes(layer, delta)
    for key in _TIMES_OF_A_LAYER:
        layer[key] = number(layer.get(key), 0.0) + delta


def set_layer_duration(layer: Json, rate: float, params: Mapping[str, JsonValue]) -> None:
    """Make a layer last the seconds given in `params`. Raises AssetInvalid."""
    seconds = seconds_of("nx:layer-duration-set", params, DURATION_KEYS, 0.0)
    layer["op"] = number(layer.get("ip"), 0.0) + seconds * rate


def set_composition_duration(
    composition: LottieComposition,
    rate: float,
    params: Mapping[str, JsonValue],
    limits: RenderLimits,
) -> None:
    """Make a composition last the seconds given in `params`.

    Layers that lasted to its end last to its new end. Raises AssetInvalid or LimitExceeded.
    """
    seconds = seconds_of("nx:comp-duration-set", params, DURATION_KEYS, 0.0)
    frames = whole_frames(seconds * rate)
    if frames > limits.frames:
        raise LimitExceeded(
            f"nx:comp-duration-set asks for {frames} frames; "
            f"this server renders at most {limits.frames} (REELBATCH_MAX_FRAMES)."
        )
    former_end = composition.first_frame + composition.frames
    composition.frames = frames
    end = composition.first_frame + frames
    for layer in composition.layers:
        if number(layer.get("op"), 0.0) >= former_end - _TOLERANCE:
            layer["op"] = max(end, number(layer.get("op"), 0.0))


def seconds_of(
    function: str, params: Mapping[str, JsonValue], keys: tuple[str, ...], low: float
) -> float:
    given = next((params[key] for key in keys if params.get(key) is not None), None)
    if given is None:
        raise AssetInvalid(f"{function} needs a number of seconds in {' or '.join(keys)}.")
    seconds = as_number(given, low, LONGEST)
    if seconds == low == 0.0:
        raise AssetInvalid(f"{function} needs more than 0 seconds.")
    return seconds


def _shift_keyframes(layer: Json, delta: float) -> None:
    """Move the times (`t`) of all keyframes; the `t` of a text document is its words."""
    for value in all_objects(layer):
        for keyframe in objects(value.get("k")):
            if isinstance(keyframe.get("t"), (int, float)):
                keyframe["t"] += delta
