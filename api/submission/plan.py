"""Checks a job's template, renderer and settings, and plans how it is rendered.

The jobs of a request often differ only in their assets, so jobs with equal settings share a plan.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from reelbatch.checks.fonts import TemplateFonts
from reelbatch.checks.template import (
    TemplateOffer,
    as_drawn_by,
    composition_problem,
    conversion_reasons,
    frame_problems,
    job_warnings,
    listed,
)
from reelbatch.engines.base import RenderEngine
from reelbatch.engines.output_size import output_size
from reelbatch.engines.registry import load_engine, renderers_of
from reelbatch.models.errors import (
    CodecInvalid,
    FramesInvalid,
    NotSupported,
    PreviewSettingsConflict,
)
from reelbatch.models.orchestration.jobs import Output, OutputExtent, Split
from reelbatch.models.problems import Problem
from reelbatch.models.stored.templates import Composition, TemplateRecord
from reelbatch.models.wire.assets import ScriptAsset
from reelbatch.models.wire.codecs import (
    CODECS,
    DEFAULT_CODEC,
    PREVIEW_CODEC,
    PROJECT_CODEC,
    Codec,
    find_codec,
)
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.render_settings import RenderSettings
from reelbatch.models.wire.templates import Renderer
from reelbatch.spelling import did_you_mean

AFTER_EFFECTS = "nexrender"
"""The name of the engine that uses After Effects."""
_PROJECTS = ("aep", "mogrt")  # template types
_RENDERERS: Mapping[str, Renderer] = {
    AFTER_EFFECTS: "after-effects",
    "lottie": "lottie",
    "lottie-web": "lottie-web",
}
_MAX_SEGMENTS = 64  # the workflow of a job waits for all of them

_Key = tuple[str, str, str | None, bool, str]


@dataclass(frozen=True)
class ChosenTemplate:
    """A template as a render needs it, with a `source` or a `url`."""

    id: str
    name: str  # for display
    type: str
    engine: str
    source: str | None = None  # object key
    url: str | None = None  # with references to secrets
    claims: Mapping[str, str] = field(default_factory=dict[str, str])
    """For a URL: the engines that claim an archive, by the files in it."""


@dataclass(frozen=True, kw_only=True)
class ReadyTemplate(TemplateOffer):
    """An uploaded template and its engine."""

    record: TemplateRecord
    source: str  # object key

    @cached_property
    def fonts(self) -> TemplateFonts:
        return TemplateFonts(self.inspection, self.engine.fonts)

    @cached_property
    def chosen(self) -> ChosenTemplate:
        record = self.record
        return ChosenTemplate(
            id=record.id,
            name=record.display_name,
            type=record.type,
            engine=self.engine.name,
            source=self.source,
        )

    @property
    def is_project(self) -> bool:
        """True if it was converted from a project, which After Effects can draw too."""
        return self.record.converted is not None

    def drawn_by(
        self, renderer: Renderer, engines: Mapping[str, type[RenderEngine]]
    ) -> "ReadyTemplate | Problem":
        """The template for a job that requests this renderer."""
        engine = engine_of(renderer, self.engine, engines, is_project=self.is_project)
        if isinstance(engine, Problem):
            return engine
        if engine is self.engine:
            return self
        if engine.name == AFTER_EFFECTS:
            return self.by_after_effects
        if engine.name not in self._drawn_by_others:
            inspection = as_drawn_by(engine, self.inspection)
            other = replace(self, engine=engine, inspection=inspection)
            self._drawn_by_others[engine.name] = other
        return self._drawn_by_others[engine.name]

    @cached_property
    def _drawn_by_others(self) -> "dict[str, ReadyTemplate]":
        """A cache for `drawn_by`, by the names of engines."""
        return {}

    @cached_property
    def by_after_effects(self) -> "ReadyTemplate":
        """The original file, for the engine that uses After Effects."""
        engine, source = after_effects(), self.record.source or self.source
        inspection = as_drawn_by(engine, self.inspection)
        return replace(self, engine=engine, source=source, inspection=inspection)


@dataclass(frozen=True)
class TemplateByUrl:
    """A template that has not been read yet, and the engine that will read it."""

    chosen: ChosenTemplate
    engine: type[RenderEngine]


@dataclass(frozen=True, kw_only=True)
class RenderPlan:
    """The way in which a job is rendered."""

    composition: str  # empty: the first one of a template by URL
    output: Output
    extent: OutputExtent | None = None  # None: the template has not been read
    split: Split | None = None


class RenderPlans:
    """The plans of one request's jobs."""

    def __init__(self, segment_pixels: int) -> None:
        self._segment_pixels = segment_pixels  # minimum per segment; 0: no segments
        self._plans: dict[_Key, RenderPlan | list[Problem]] = {}

    def of(
        self, job: JobCreation, template: ReadyTemplate | TemplateByUrl
    ) -> RenderPlan | list[Problem]:
        if isinstance(template, TemplateByUrl):
            problems = list(_settings_problems(job, template.engine, None))
            return problems or RenderPlan(
                composition=job.template.composition or "", output=output_of(job)
            )
        settings = job.settings.model_dump_json() if job.settings else ""
        chosen = job.template
        key = (chosen.id, template.engine.name, chosen.composition, job.preview, settings)
        if key not in self._plans:
            self._plans[key] = self._make(job, template)
        return self._plans[key]

    def _make(self, job: JobCreation, template: ReadyTemplate) -> RenderPlan | list[Problem]:
        name, engine = job.template.composition, template.engine
        composition = template.composition_named(name)
        problems = list(_settings_problems(job, engine, composition))
        if composition is None:
            return [composition_problem("template.composition", name, template), *problems]
        if problems:
            return problems
        output, rate = output_of(job), composition.frame_rate
        extent = extent_of(output, composition)
        seconds = extent.frames / rate
        if isinstance(output.poster, float) and output.poster >= seconds:
            message = f"The film lasts {seconds:g} seconds: choose a poster from before its end."
            return [Problem(FramesInvalid, "settings.poster", message)]
        split = split_of(output, extent, rate, engine, self._segment_pixels)
        return RenderPlan(composition=composition.name, output=output, extent=extent, split=split)


def output_of(job: JobCreation) -> Output:
    """The output of a validated job, with defaults for missing settings.

    Raises ValueError if `settings.codec` is unknown; callers must check that first.
    """
    settings = job.settings or RenderSettings()
    output_type = settings.output_type
    names = PREVIEW_CODEC if job.preview else DEFAULT_CODEC
    is_project = output_type == PROJECT_CODEC.output_type
    codec = PROJECT_CODEC if is_project else find_codec(settings.codec or names[output_type])
    if codec is None:
        raise ValueError(f"unknown codec {settings.codec}")
    frames = settings.frames
    first, end = (frames[0], frames[1]) if isinstance(frames, list) else (frames or 0, None)
    if output_type == "image":
        end = first + 1
    elif isinstance(frames, int):
        end = frames + 1
    return Output(
        output_type=output_type,
        codec=codec.name,
        first_frame=first,
        end_frame=end,
        draft=job.preview or settings.quality == "draft",
        poster=settings.poster,
    )


def extent_of(output: Output, composition: Composition) -> OutputExtent:
    """The extent of an output whose frames are in the composition."""
    end = composition.frames if output.end_frame is None else output.end_frame
    width, height = output_size(
        output.codec, composition.width, composition.height, draft=output.draft
    )
    return OutputExtent(width=width, height=height, frames=end - output.first_frame)


def split_of(
    output: Output,
    extent: OutputExtent,
    frame_rate: float,
    engine: type[RenderEngine],
    segment_pixels: int,
) -> Split | None:
    """A split of the output into segments of at least `segment_pixels`, over all frames.

    Returns None if there would be fewer than two, or if the engine or codec cannot make segments.
    """
    if not segment_pixels or not engine.renders_ranges or not CODECS[output.codec].joinable:
        return None
    pixels = extent.frames * extent.width * extent.height
    most = min(pixels // segment_pixels, extent.frames, _MAX_SEGMENTS)
    if most < 2:
        return None
    return Split(
        first_frame=output.first_frame,
        frames=extent.frames,
        frame_rate=frame_rate,
        most=most,
    )


def _settings_problems(
    job: JobCreation, engine: type[RenderEngine], composition: Composition | None
) -> Iterator[Problem]:
    """Problems with the settings; without a composition, only those that none could fix."""
    settings = job.settings or RenderSettings()
    if job.preview and any(value is not None for _, value in settings):
        message = (
            "`preview: true` chooses its own settings; "
            "leave `settings` out or set preview to false."
        )
        yield Problem(PreviewSettingsConflict, "settings", message)
        return
    if settings.type == "aep":
        yield from _archive_problems(settings, engine)
        return
    codec_problem = _codec_problem(job, settings, engine)
    if codec_problem:
        yield codec_problem
    if settings.output_type == "image" and not isinstance(settings.frames, int):
        message = "An image needs `frames`, the number of the frame to render, such as 0."
        yield Problem(FramesInvalid, "settings.frames", message)
    elif composition is not None:
        yield from frame_problems(settings.frames, composition)
    if settings.output_type == "image" and settings.poster is not None:
        message = "An image has no poster: leave it out, or set it to false."
        yield Problem(NotSupported, "settings.poster", message)


def _archive_problems(settings: RenderSettings, engine: type[RenderEngine]) -> Iterator[Problem]:
    """Problems with the project as an output."""
    if not engine.gives_projects:
        message = (
            "Only After Effects can output the project itself: set `renderer` to after-effects in "
            "the job's `template`, or choose video or image."
        )
        yield Problem(NotSupported, "settings.type", message)
    for name in ("codec", "frames", "poster"):
        if getattr(settings, name) is not None:
            message = f"A project as the output has no {name}: leave it out."
            yield Problem(NotSupported, f"settings.{name}", message)


def _codec_problem(
    job: JobCreation, settings: RenderSettings, engine: type[RenderEngine]
) -> Problem | None:
    field = "settings.codec"
    if settings.codec and find_codec(settings.codec) is None:
        hint = did_you_mean(settings.codec, engine.codecs)
        message = f"There is no codec {settings.codec}.{hint} {listed('codecs', engine.codecs)}"
        return Problem(CodecInvalid, field, message)
    codec = CODECS[output_of(job).codec]
    if codec.output_type != settings.output_type:
        return Problem(CodecInvalid, field, _wrong_type(codec))
    if codec.name not in engine.codecs:
        message = f"The engine {engine.name} does not write {codec.name}."
        return Problem(CodecInvalid, field, f"{message} {listed('codecs', engine.codecs)}")
    return None


def _wrong_type(codec: Codec) -> str:
    if codec.output_type == "image":
        return f"The codec {codec.name} needs `type: image` and the number of a frame in `frames`."
    return (
        f"The codec {codec.name} writes a video, but `type` is image: choose a codec for images, "
        "such as image_png."
    )


def renderer_choices(
    engines: Mapping[str, type[RenderEngine]], engine: str, *, is_project: bool
) -> list[Renderer]:
    """The possible values of `renderer` for templates of `engine` on this server."""
    names = [*renderers_of(engines, engine), *([AFTER_EFFECTS] if is_project else [])]
    return ["auto", *(_RENDERERS[name] for name in names if name in _RENDERERS)]


def engine_of(
    renderer: Renderer,
    own: type[RenderEngine],
    engines: Mapping[str, type[RenderEngine]],
    *,
    is_project: bool,
) -> type[RenderEngine] | Problem:
    """The engine of a job that requests `renderer`; `own` is its template's engine."""
    if renderer in ("auto", _RENDERERS.get(own.name)):
        return own
    choices = renderer_choices(engines, own.name, is_project=is_project)
    if renderer not in choices:
        message = f"This server has no renderer {renderer} for templates of the engine {own.name}."
        message = f"{message} {listed('renderers', choices)}"
        return Problem(NotSupported, "template.renderer", message)
    return after_effects() if renderer == "after-effects" else engines[renderer]


def renderer_problem(renderer: Renderer, template_type: str) -> Problem | None:
    """A problem if no template of this type can use the renderer, whatever its file contains."""
    if renderer == "auto":
        return None
    able = [
        value
        for name, value in _RENDERERS.items()
        if template_type in load_engine(name).template_types
    ]
    if renderer in able:
        return None
    message = f"A template of the type {template_type} cannot be drawn by {renderer}."
    message = f"{message} {listed('renderers', ['auto', *able])}"
    return Problem(NotSupported, "renderer", message)


@cache
def after_effects() -> type[RenderEngine]:
    return load_engine(AFTER_EFFECTS)


def not_a_project(template_type: str) -> Problem:
    message = (
        f"After Effects only draws projects, but this template is of the type {template_type}: "
        "choose another renderer."
    )
    return Problem(NotSupported, "template.renderer", message)


def may_need_machines(template: ReadyTemplate | Problem) -> bool:
    """Return whether the template's jobs may need a machine with After Effects."""
    return isinstance(template, ReadyTemplate) and template.is_project


def with_renderer(
    job: JobCreation,
    template: ReadyTemplate,
    engines: Mapping[str, type[RenderEngine]],
    *,
    machines: bool,
) -> ReadyTemplate | Problem:
    """The template for the job's engine; `machines` says whether any has After Effects."""
    record = template.record
    requested = job.template.renderer or record.renderer
    is_project = template.is_project or record.engine == AFTER_EFFECTS
    if requested == "after-effects" and not is_project:
        return not_a_project(record.type)
    if requested == "auto" and machines and _needs_after_effects(job, template):
        return template.by_after_effects
    return template.drawn_by(requested, engines)


def renderer_of(template: ReadyTemplate | TemplateByUrl) -> Renderer | None:
    """The name of the job's engine in responses; None if the template is not a project."""
    is_project = template.chosen.type in _PROJECTS or (
        isinstance(template, ReadyTemplate) and template.is_project
    )
    if is_project or template.engine.name == AFTER_EFFECTS:
        return _RENDERERS.get(template.engine.name)
    return None


def _needs_after_effects(job: JobCreation, template: ReadyTemplate) -> bool:
    if not template.is_project:
        return False
    is_project = job.settings is not None and job.settings.type == "aep"
    if is_project or any(isinstance(asset, ScriptAsset) for asset in job.assets):
        return True
    composition = template.composition_named(job.template.composition)
    if composition is None:
        return False
    warnings = job_warnings(template, composition.name, job.assets)
    return bool(conversion_reasons(composition, warnings))
