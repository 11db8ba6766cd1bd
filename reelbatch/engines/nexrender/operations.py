"""Operations of jobs that the tool does not support, as scripts for After Effects.

`operations.jsx` performs them. Values from jobs are put into a script as JSON in ASCII. That is
also a literal of ExtendScript, so no value can become part of the program.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from pydantic import JsonValue

from reelbatch.engines.lottie.properties import MAX_FONT_SIZE, as_color, as_number
from reelbatch.engines.lottie.timing import DURATION_KEYS, LONGEST, START_KEYS, seconds_of
from reelbatch.engines.nexrender.project import Project
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.wire.assets import EssentialAsset, FunctionAsset
from reelbatch.projects.conversion.essentials import MEDIA
from reelbatch.projects.model import Control

Operation = dict[str, JsonValue]
_Params = Mapping[str, JsonValue]
_PLACE = "/*OPERATIONS*/"
_COLOR, _TEXT = 4, 6  # kinds of controls
_BREAK = re.compile("\r\n|[\n\u2028\u2029]")


def script_of(operations: Sequence[Operation]) -> str:
    """Return a program that performs the operations in order."""
    package = files("reelbatch.engines.nexrender")
    program = package.joinpath("operations.jsx").read_text(encoding="utf-8")
    return program.replace(_PLACE, json.dumps(operations, allow_nan=False))


def relinking(files: Sequence[Path]) -> Operation:
    """Find missing footage by name. If two files have the same name, the first one is used."""
    places: dict[str, JsonValue] = {file.name.lower(): file.as_posix() for file in reversed(files)}
    return {"do": "relink", "files": places}


def saving(project: Path) -> Operation:
    return {"do": "save", "file": project.as_posix()}


def function_calls(asset: FunctionAsset, composition: str) -> Iterator[Operation]:
    """Yield an operation for each layer of the asset. Raises AssetInvalid.

    `composition` is the job's, for assets that name none.
    """
    where: Operation = {"do": asset.name, "composition": asset.composition or composition}
    where |= _FUNCTIONS[asset.name](asset.params)
    if asset.name == "nx:comp-duration-set":
        yield where
        return
    if not asset.layer_names:
        raise AssetInvalid(f"{asset.name} needs the name of a layer in `params.layerName`.")
    for layer in asset.layer_names:
        yield {**where, "layer": layer}


def control_setting(asset: EssentialAsset, project: Project, composition: str) -> Operation:
    """Set a control. Raises AssetInvalid if the project has no such control."""
    control = control_named(asset.control_names, project, composition)
    if control is None:
        raise AssetInvalid(f"The project has no control {asset.layer_name!r}.")
    value: JsonValue = asset.value
    if control.kind == _COLOR:
        value = [*as_color(value), 1.0]
    elif control.kind != _TEXT:
        value = float(value) if isinstance(value, bool) else as_number(value)
    return setting_of(control, project, value)


def setting_of(control: Control, project: Project, value: JsonValue) -> Operation:
    """Set a control to a converted value. Raises AssetInvalid if its layer is missing."""
    whole, index, name = layer_of(control, project)
    return {
        "do": "essential",
        "control": control.name,
        "composition": whole,
        "index": index,
        "layer": name,
        "path": [[step, place] for step, place in control.property_path],
        "value": with_returns(value),
    }


def layer_of(control: Control, project: Project) -> tuple[str, int, str]:
    """Return the composition, position and name of the layer that a control sets."""
    for composition in project.compositions:
        if composition.identity == control.composition:
            for index, layer in enumerate(composition.layers, start=1):
                if layer.identity == control.layer:
                    return composition.name, index, layer.name
    raise AssetInvalid(f"The layer of the control {control.name!r} is not in the project.")


def control_named(
    names: Sequence[str], project: Project, composition: str, *, media: bool = False
) -> Control | None:
    """Return the first control with one of the names; case doesn't matter.

    Controls of `composition` come first.
    """
    meant = {name.casefold() for name in names}
    in_order = sorted(project.compositions, key=lambda one: one.name != composition)
    controls = (control for each in in_order for control in each.controls)
    fitting = (one for one in controls if (one.kind == MEDIA) == media)
    return next((one for one in fitting if one.name.casefold() in meant), None)


def composition_seconds(asset: FunctionAsset) -> float:
    """Return the duration in `nx:comp-duration-set`. Raises AssetInvalid."""
    return seconds_of(asset.name, asset.params, DURATION_KEYS, 0.0)


def _text_params(params: _Params) -> Operation:
    known = {name: params[name] for name in _TEXT_PARAMS if name in params}
    if not known:
        raise AssetInvalid(f"nx:text-params-set needs at least one of {', '.join(_TEXT_PARAMS)}.")
    text: Operation = {}
    for name, value in known.items():
        text |= _TEXT_PARAMS[name](value)
    return {"text": text}


def _font_size(value: JsonValue) -> Operation:
    return {"fontSize": as_number(value, 0.1, MAX_FONT_SIZE)}


def _fill_color(value: JsonValue) -> Operation:
    return {"applyFill": True, "fillColor": list(as_color(value))}


_TEXT_PARAMS: Mapping[str, Callable[[JsonValue], Operation]] = {
    "text": lambda value: {"text": with_returns(str(value))},
    "font": lambda value: {"font": str(value)},
    "fontSize": _font_size,
    "size": _font_size,
    "tracking": lambda value: {"tracking": as_number(value)},
    "leading": lambda value: {"leading": as_number(value, 0.0)},
    "fillColor": _fill_color,
    "color": _fill_color,
}


def with_returns(value: JsonValue) -> JsonValue:
    """Replace line breaks by carriage returns, as After Effects expects them.

    U+2028 and U+2029 would also break the tool's script.
    """
    match value:
        case str():
            return _BREAK.sub("\r", value)
        case list():
            return [with_returns(one) for one in value]
        case dict():
            return {name: with_returns(one) for name, one in value.items()}
        case _:
            return value


def _state(params: _Params) -> Operation:
    state = params.get("state")
    if state not in ("hidden", "visible"):
        raise AssetInvalid(f"nx:layer-state-set needs the state hidden or visible, not {state!r}.")
    return {"state": state}


def _autoscale(params: _Params) -> Operation:
    smallest, largest = params.get("minFontSize"), params.get("maxFontSize")
    low = 1.0 if smallest is None else as_number(smallest, 1.0, MAX_FONT_SIZE)
    high = None if largest is None else as_number(largest, 1.0, MAX_FONT_SIZE)
    if high is not None and high < low:
        raise AssetInvalid("nx:layer-autoscale needs a maxFontSize of at least its minFontSize.")
    return {"smallest": low, "largest": high}


_FUNCTIONS: Mapping[str, Callable[[_Params], Operation]] = {
    "nx:text-params-set": _text_params,
    "nx:solid-color-set": lambda params: {"color": list(as_color(params.get("color")))},
    "nx:layer-state-set": _state,
    "nx:layer-remove": lambda _: {},
    "nx:layer-autoscale": _autoscale,
    "nx:layer-start-set": lambda params: {
        "seconds": seconds_of("nx:layer-start-set", params, START_KEYS, -LONGEST)
    },
    "nx:layer-duration-set": lambda params: {
        "seconds": seconds_of("nx:layer-duration-set", params, DURATION_KEYS, 0.0)
    },
    "nx:comp-duration-set": lambda params: {
        "seconds": seconds_of("nx:comp-duration-set", params, DURATION_KEYS, 0.0)
    },
}
FUNCTIONS = frozenset(_FUNCTIONS)
