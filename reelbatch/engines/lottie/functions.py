"""The functions that a job can call on layers and compositions (contract 3.3)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie.document import (
    Json,
    LottieComposition,
    LottieDocument,
    layer_type,
    reference,
    text_documents,
)
from reelbatch.engines.lottie.properties import (
    MAX_FONT_SIZE,
    as_color,
    as_number,
    set_color,
    set_font,
    set_font_size,
    set_leading,
    set_style,
    set_tracking,
    set_words,
)
from reelbatch.engines.lottie.timing import (
    set_composition_duration,
    set_layer_duration,
    set_layer_start,
)
from reelbatch.engines.lottie.typesetting.autoscale import TextFit
from reelbatch.models.errors import AssetInvalid

Params = Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The composition that functions work on.

    `fits` collects the texts that will be fitted once all their words are known.
    """

    document: LottieDocument
    composition: LottieComposition
    limits: RenderLimits
    fits: list[TextFit] = field(default_factory=list[TextFit])

    @property
    def frame_rate(self) -> float:
        return float(self.document.frame_rate)


LayerFunction = Callable[[Stage, Json, Params], None]
CompositionFunction = Callable[[Stage, Params], None]

_NULL = 3  # the layer type that draws nothing and can be a parent
_MATTE_KEYS = ("tt", "tp")


def _set_text_params(stage: Stage, layer: Json, params: Params) -> None:  # noqa: ARG001
    supported = {key: value for key, value in params.items() if key in _TEXT_PARAMS}
    if not supported:
        raise AssetInvalid(f"nx:text-params-set needs at least one of {', '.join(_TEXT_PARAMS)}.")
    for key, value in supported.items():
        _TEXT_PARAMS[key](layer, value)


def _set_fill_color(layer: Json, value: object) -> None:
    set_style(layer, "fc", as_color(value))


_TEXT_PARAMS: dict[str, Callable[[Json, object], None]] = {
    "text": set_words,
    "font": set_font,
    "fontSize": set_font_size,
    "size": set_font_size,
    "tracking": set_tracking,
    "leading": set_leading,
    "fillColor": _set_fill_color,
    "color": _set_fill_color,
}


def _set_solid_color(stage: Stage, layer: Json, params: Params) -> None:  # noqa: ARG001
    if layer_type(layer) not in ("solid", "shape"):
        raise AssetInvalid(
            "nx:solid-color-set works on solids and shapes only; "
            f"this layer is of type {layer_type(layer)}."
        )
    set_color(layer, params.get("color"))


def _set_state(stage: Stage, layer: Json, params: Params) -> None:
    state = params.get("state")
    if state not in ("hidden", "visible"):
        raise AssetInvalid(f"nx:layer-state-set needs the state hidden or visible, not {state!r}.")
    # In After Effects a hidden matte still works; ThorVG would draw it empty.
    if not _users_of_matte(stage.composition, layer):
        layer["hd"] = state == "hidden"


def _remove(stage: Stage, layer: Json, params: Params) -> None:  # noqa: ARG001
    """Remove a layer from the picture as if it had been deleted in After Effects.

    It stays as a hidden null, so that its children keep their place and the order of layers and
    their mattes does not change. Layers that it masked are drawn whole. A matte that masked only
    the removed layer is removed too, because it would otherwise be shown.
    """
    composition = stage.composition
    for user in _users_of_matte(composition, layer):
        for key in _MATTE_KEYS:
            user.pop(key, None)
    for matte in [matte for user, matte in _mattes(composition) if user is layer]:
        if len(_users_of_matte(composition, matte)) == 1:
            _empty(matte)
    _empty(layer)


def _empty(layer: Json) -> None:
    for key in ("refId", "shapes", "t", "ef", "masksProperties", "td", "au", *_MATTE_KEYS):
        layer.pop(key, None)
    layer.update(ty=_NULL, hd=True)


def _users_of_matte(composition: LottieComposition, layer: Json) -> list[Json]:
    """The layers that `layer` masks."""
    return [user for user, matte in _mattes(composition) if matte is layer]


def _mattes(composition: LottieComposition) -> Iterator[tuple[Json, Json]]:
    """Each matted layer with its matte: the layer that `tp` names, else the one above."""
    by_index: dict[str, Json] = {}
    for layer in composition.layers:
        by_index.setdefault(reference(layer.get("ind")), layer)
    above: Json | None = None
    for layer in composition.layers:
        named = layer.get("tp")
        matte = above if named is None else by_index.get(reference(named))
        if layer.get("tt") and matte is not None:
            yield layer, matte
        above = layer


def _fit_text(stage: Stage, layer: Json, params: Params) -> None:
    if layer_type(layer) != "text" or not text_documents(layer):
        raise AssetInvalid(f"A layer of type {layer_type(layer)} has no text.")
    largest, smallest = params.get("maxFontSize"), params.get("minFontSize")
    fit = TextFit(
        composition=stage.composition,
        layer=layer,
        smallest=1.0 if smallest is None else as_number(smallest, 1.0, MAX_FONT_SIZE),
        largest=None if largest is None else as_number(largest, 1.0, MAX_FONT_SIZE),
    )
    if fit.largest is not None and fit.largest < fit.smallest:
        raise AssetInvalid("nx:layer-autoscale needs a maxFontSize of at least its minFontSize.")
    stage.fits.append(fit)


def _set_layer_start(stage: Stage, layer: Json, params: Params) -> None:
    set_layer_start(stage.composition, layer, stage.frame_rate, params)


def _set_layer_duration(stage: Stage, layer: Json, params: Params) -> None:
    set_layer_duration(layer, stage.frame_rate, params)


def _set_composition_duration(stage: Stage, params: Params) -> None:
    set_composition_duration(stage.composition, stage.frame_rate, params, stage.limits)


LAYER_FUNCTIONS: dict[str, LayerFunction] = {
    "nx:text-params-set": _set_text_params,
    "nx:solid-color-set": _set_solid_color,
    "nx:layer-state-set": _set_state,
    "nx:layer-remove": _remove,
    "nx:layer-autoscale": _fit_text,
    "nx:layer-start-set": _set_layer_start,
    "nx:layer-duration-set": _set_layer_duration,
}
COMPOSITION_FUNCTIONS: dict[str, CompositionFunction] = {
    "nx:comp-duration-set": _set_composition_duration,
}
FUNCTIONS = frozenset({*LAYER_FUNCTIONS, *COMPOSITION_FUNCTIONS})
