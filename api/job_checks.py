"""The second look at a job: does its template have, and its engine know, what it names?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from urllib.parse import urlsplit

from api.job_schema import Problem
from engines.base import RenderEngine
from models.assets import (
    MAX_NESTED_JOBS,
    Asset,
    FunctionAsset,
    MediaAsset,
    NestedJobAsset,
    ScriptAsset,
    StaticAsset,
    layer_names,
)
from models.codecs import CODECS, Codec, find_codec
from models.errors import (
    CodecInvalid,
    CompositionNotFound,
    FramesInvalid,
    LayerNotFound,
    NotSupported,
    PreviewSettingsConflict,
    RequestError,
)
from models.jobs import JobCreation, RenderSettings, output_of
from models.secrets import begins_with_reference
from models.templates import Composition, TemplateInspection, TemplateRecord

_SCHEMES = ("http", "https", "data")
_NAMES_SHOWN = 20


@dataclass(frozen=True)
class ReadyTemplate:
    """An uploaded template and its engine, with what jobs look up in it a thousand times."""

    record: TemplateRecord
    source: str  # object key
    inspection: TemplateInspection
    engine: type[RenderEngine]

    @cached_property
    def compositions(self) -> dict[str, Composition]:
        return {composition.name: composition for composition in self.inspection.compositions}

    @cached_property
    def layers(self) -> dict[str, set[str]]:
        """Names of layers by composition; also of compositions that only layers show."""
        layers: dict[str, set[str]] = {name: set() for name in self.compositions}
        for layer in self.inspection.layers:
            layers.setdefault(layer.composition, set()).add(layer.name)
        return layers

    @property
    def root(self) -> Composition:
        return self.inspection.compositions[0]

    def composition_of(self, job: JobCreation) -> Composition | None:
        name = job.template.composition
        return self.compositions.get(name) if name else self.root


def unsupported_parts(job: JobCreation) -> Iterator[Problem]:
    """What the contract has and this server has not: refused, not ignored."""
    if job.template.src is not None:
        yield Problem(
            NotSupported,
            "template.src",
            "Templates by URL are not supported: upload the file as a template, name its id.",
        )


def number_problems(assets: Sequence[Asset]) -> Iterator[Problem]:
    """Nested jobs start together, so there is a limit to how many a job has."""
    number = sum(isinstance(asset, NestedJobAsset) for asset in assets)
    if number > MAX_NESTED_JOBS:
        message = f"A job takes at most {MAX_NESTED_JOBS} nested jobs, not {number}."
        yield Problem(RequestError, "assets", message)


def problems_of(job: JobCreation, template: ReadyTemplate) -> Iterator[Problem]:
    """Everything about the job that cannot work with this template."""
    composition = template.composition_of(job)
    if composition is None:
        yield _unknown_composition("template.composition", job.template.composition, template)
    yield from _output_problems(job, template, composition)
    for position, asset in enumerate(job.assets):
        field = f"assets.{position}"
        yield from asset_problems(asset, field, template.engine)
        yield from _layer_problems(asset, field, template, composition)


def _output_problems(
    job: JobCreation, template: ReadyTemplate, composition: Composition | None
) -> Iterator[Problem]:
    settings = job.settings or RenderSettings()
    if job.preview and any(value is not None for _, value in settings):
        message = (
            "`preview: true` chooses its own settings; "
            "leave `settings` out or set preview to false."
        )
        yield Problem(PreviewSettingsConflict, "settings", message)
        return
    if settings.type == "aep":
        message = "The type aep is not supported: choose video or image."
        yield Problem(NotSupported, "settings.type", message)
        return
    codec_problem = _codec_problem(job, settings, template.engine)
    if codec_problem:
        yield codec_problem
    if settings.type == "image" and not isinstance(settings.frames, int):
        message = "The type image needs `frames`, the number of the frame to render, such as 0."
        yield Problem(FramesInvalid, "settings.frames", message)
    elif composition is not None:
        yield from _frame_problems(settings, composition)


def _codec_problem(
    job: JobCreation, settings: RenderSettings, engine: type[RenderEngine]
) -> Problem | None:
    field = "settings.codec"
    if settings.codec and find_codec(settings.codec) is None:
        hint = _did_you_mean(settings.codec, engine.codecs)
        message = f"There is no codec {settings.codec}.{hint} {_list('codecs', engine.codecs)}"
        return Problem(CodecInvalid, field, message)
    codec = CODECS[output_of(job).codec]
    if codec.output_type != (settings.type or "video"):
        return Problem(CodecInvalid, field, _wrong_type(codec))
    if codec.name not in engine.codecs:
        message = f"The engine {engine.name} does not write {codec.name}."
        return Problem(CodecInvalid, field, f"{message} {_list('codecs', engine.codecs)}")
    return None


def _wrong_type(codec: Codec) -> str:
    if codec.output_type == "image":
        return f"The codec {codec.name} needs `type: image` and the number of a frame in `frames`."
    return f"The codec {codec.name} writes a video, but `type` is image: choose image_png, say."


def _frame_problems(settings: RenderSettings, composition: Composition) -> Iterator[Problem]:
    frames, count = settings.frames, composition.frames
    name = f"{composition.name} has {count} frames"
    if isinstance(frames, int) and frames >= count:
        message = f"{name}: the last one is {count - 1}, not {frames}."
        yield Problem(FramesInvalid, "settings.frames", message)
    if isinstance(frames, list) and frames[1] > count:
        message = f"{name}: a range ends at {count} or before, not at {frames[1]}."
        yield Problem(FramesInvalid, "settings.frames", message)


def asset_problems(asset: Asset, field: str, engine: type[RenderEngine]) -> Iterator[Problem]:
    """What the engine cannot do with the asset; a nested job counts as what it renders."""
    kind = asset.media_type if isinstance(asset, NestedJobAsset) else asset.type
    if kind not in engine.asset_types:
        message = f"The engine {engine.name} takes no assets of the type {kind}."
        yield Problem(
            NotSupported, f"{field}.type", f"{message} {_list('types', engine.asset_types)}"
        )
    if isinstance(asset, FunctionAsset) and asset.name not in engine.functions:
        hint = _did_you_mean(asset.name, engine.functions)
        message = f"The engine {engine.name} has no function {asset.name}.{hint}"
        yield Problem(
            NotSupported, f"{field}.name", f"{message} {_list('functions', engine.functions)}"
        )
    if isinstance(asset, (MediaAsset, StaticAsset, ScriptAsset)) and not _is_usable_url(asset.src):
        message = "The src has to be an http, https or data URL."
        yield Problem(RequestError, f"{field}.src", message)


def _layer_problems(
    asset: Asset, field: str, template: ReadyTemplate, composition: Composition | None
) -> Iterator[Problem]:
    name = asset.composition or (composition.name if composition else None)
    if name is None:
        return  # the job's composition is unknown, which is a problem of its own
    layers = template.layers.get(name)
    if layers is None:
        yield _unknown_composition(f"{field}.composition", name, template)
        return
    in_params = isinstance(asset, FunctionAsset) and "layerName" in asset.params
    layer_field = f"{field}.params.layerName" if in_params else f"{field}.layerName"
    for layer in layer_names(asset):
        if layer not in layers:
            message = f"{name} has no layer {layer}."
            hint = _layer_hint(layer, name, template.layers)
            yield Problem(LayerNotFound, layer_field, f"{message}{hint}")


def _layer_hint(layer: str, composition: str, layers: Mapping[str, Iterable[str]]) -> str:
    elsewhere = [name for name, names in layers.items() if layer in names]
    if elsewhere:
        return f" {elsewhere[0]} has it: name that in the asset's `composition`."
    hint = _did_you_mean(layer, layers[composition])
    return hint or f" {_list('layers', layers[composition])}"


def _unknown_composition(field: str, name: str | None, template: ReadyTemplate) -> Problem:
    hint = _did_you_mean(name or "", template.compositions)
    message = f"The template has no composition {name}.{hint}"
    return Problem(
        CompositionNotFound, field, f"{message} {_list('compositions', template.compositions)}"
    )


def _is_usable_url(src: str) -> bool:
    """Whether a worker will try to fetch it; what only a secret tells shows there."""
    if begins_with_reference(src):
        return True
    try:
        parts = urlsplit(src)
        return parts.scheme in _SCHEMES and (parts.scheme == "data" or bool(parts.hostname))
    except ValueError:
        return False


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    by_lower_case = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_lower_case, n=1, cutoff=0.6)
    return f" Did you mean {by_lower_case[close[0]]}?" if close else ""


def _list(what: str, names: Iterable[str]) -> str:
    """`names` keep their order where they have one."""
    known = sorted(names) if isinstance(names, (set, frozenset)) else list(names)
    if not known:
        return f"It has no {what}."
    shown = ", ".join(known[:_NAMES_SHOWN])
    more = len(known) - _NAMES_SHOWN
    return f"Its {what}: {shown}{f' and {more} more' if more > 0 else ''}."
