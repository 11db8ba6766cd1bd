"""The second look at a job: does its template have, and its engine know, what it names?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from api.submission.asset_sources import source_problems
from api.submission.schema import Problem, output_of
from api.submission.template_choice import ChosenTemplate
from reelbatch.checks.fonts import TemplateFonts
from reelbatch.checks.template import (
    TemplateOffer,
    composition_problem,
    did_you_mean,
    frame_problems,
    layer_problems,
    listed,
)
from reelbatch.engines.base import RenderEngine
from reelbatch.models.errors import (
    CodecInvalid,
    FramesInvalid,
    NotSupported,
    PreviewSettingsConflict,
    RequestError,
)
from reelbatch.models.stored.templates import Composition, TemplateRecord
from reelbatch.models.wire.assets import (
    MAX_NESTED_JOBS,
    Asset,
    FunctionAsset,
    MediaAsset,
    NestedJobAsset,
    ScriptAsset,
    StaticAsset,
)
from reelbatch.models.wire.codecs import CODECS, Codec, find_codec
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.render_settings import RenderSettings


@dataclass(frozen=True)
class ReadyTemplate(TemplateOffer):
    """An uploaded template and its engine."""

    record: TemplateRecord
    source: str  # object key
    engine: type[RenderEngine]

    @cached_property
    def fonts(self) -> TemplateFonts:
        return TemplateFonts(self.inspection, self.engine.fonts)

    @property
    def chosen(self) -> ChosenTemplate:
        record = self.record
        return ChosenTemplate(
            id=record.id,
            name=record.display_name,
            type=record.type,
            engine=record.engine,
            source=self.source,
        )


def number_problems(assets: Sequence[Asset]) -> Iterator[Problem]:
    """Nested jobs start together, so there is a limit to how many a job has."""
    number = sum(isinstance(asset, NestedJobAsset) for asset in assets)
    if number > MAX_NESTED_JOBS:
        message = f"A job takes at most {MAX_NESTED_JOBS} nested jobs, not {number}."
        yield Problem(RequestError, "assets", message)


def settings_problems(
    job: JobCreation, engine: type[RenderEngine], template: ReadyTemplate | None = None
) -> Iterator[Problem]:
    """What is wrong with the job's composition and its settings; without a template only what
    cannot work with any of this engine.
    """
    composition = None
    if template is not None:
        composition = template.composition_named(job.template.composition)
        if composition is None:
            name = job.template.composition
            yield composition_problem("template.composition", name, template)
    yield from _output_problems(job, engine, composition)


def assets_problems(
    job: JobCreation, engine: type[RenderEngine], template: ReadyTemplate | None = None
) -> Iterator[Problem]:
    """The same of its assets."""
    composition = template.composition_named(job.template.composition) if template else None
    for position, asset in enumerate(job.assets):
        field = f"assets.{position}"
        yield from asset_problems(asset, field, engine)
        if template is not None:
            yield from layer_problems(asset, field, template, composition)


def _output_problems(
    job: JobCreation, engine: type[RenderEngine], composition: Composition | None
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
    codec_problem = _codec_problem(job, settings, engine)
    if codec_problem:
        yield codec_problem
    if settings.type == "image" and not isinstance(settings.frames, int):
        message = "The type image needs `frames`, the number of the frame to render, such as 0."
        yield Problem(FramesInvalid, "settings.frames", message)
    elif composition is not None:
        yield from frame_problems(settings.frames, composition)


def _codec_problem(
    job: JobCreation, settings: RenderSettings, engine: type[RenderEngine]
) -> Problem | None:
    field = "settings.codec"
    if settings.codec and find_codec(settings.codec) is None:
        hint = did_you_mean(settings.codec, engine.codecs)
        message = f"There is no codec {settings.codec}.{hint} {listed('codecs', engine.codecs)}"
        return Problem(CodecInvalid, field, message)
    codec = CODECS[output_of(job).codec]
    if codec.output_type != (settings.type or "video"):
        return Problem(CodecInvalid, field, _wrong_type(codec))
    if codec.name not in engine.codecs:
        message = f"The engine {engine.name} does not write {codec.name}."
        return Problem(CodecInvalid, field, f"{message} {listed('codecs', engine.codecs)}")
    return None


def _wrong_type(codec: Codec) -> str:
    if codec.output_type == "image":
        return f"The codec {codec.name} needs `type: image` and the number of a frame in `frames`."
    return f"The codec {codec.name} writes a video, but `type` is image: choose image_png, say."


def asset_problems(asset: Asset, field: str, engine: type[RenderEngine]) -> Iterator[Problem]:
    """What the engine cannot do with the asset; a nested job counts as what it renders."""
    kind = asset.media_type if isinstance(asset, NestedJobAsset) else asset.type
    if kind not in engine.asset_types:
        message = f"The engine {engine.name} takes no assets of the type {kind}."
        yield Problem(
            NotSupported, f"{field}.type", f"{message} {listed('types', engine.asset_types)}"
        )
    if isinstance(asset, FunctionAsset) and asset.name not in engine.functions:
        hint = did_you_mean(asset.name, engine.functions)
        message = f"The engine {engine.name} has no function {asset.name}.{hint}"
        yield Problem(
            NotSupported, f"{field}.name", f"{message} {listed('functions', engine.functions)}"
        )
    if isinstance(asset, (MediaAsset, StaticAsset, ScriptAsset)):
        yield from source_problems(asset, field)
