"""What draws the job of an After Effects project: its conversion, or After Effects itself."""

from collections.abc import Mapping

from api.submission.plan import (
    AFTER_EFFECTS,
    ReadyTemplate,
    TemplateByUrl,
    no_project,
)
from reelbatch.checks.template import conversion_reasons, job_warnings
from reelbatch.engines.base import RenderEngine
from reelbatch.models.problems import Problem
from reelbatch.models.wire.assets import ScriptAsset
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.templates import Renderer

_PROJECTS = ("aep", "mogrt")  # types of templates
_RENDERERS: Mapping[str, Renderer] = {
    AFTER_EFFECTS: "after-effects",
    "lottie": "lottie",
    "lottie-web": "lottie-web",
}


def may_need_machines(template: ReadyTemplate | Problem) -> bool:
    """Whether it matters to a template's jobs that there are any."""
    return isinstance(template, ReadyTemplate) and template.record.converted is not None


def with_renderer(
    job: JobCreation,
    template: ReadyTemplate,
    engines: Mapping[str, type[RenderEngine]],
    *,
    machines: bool,
) -> ReadyTemplate | Problem:
    """The template as its chosen engine takes it; `machines` says whether any has After Effects."""
    record = template.record
    asked = job.template.renderer or record.renderer
    if record.engine == AFTER_EFFECTS:
        return template
    if record.converted is None and asked == "after-effects":
        return no_project(record.type)
    if asked == "auto" and machines and _needs_after_effects(job, template):
        asked = "after-effects"
    return (
        template.by_after_effects if asked == "after-effects" else template.drawn_by(asked, engines)
    )


def renderer_of(template: ReadyTemplate | TemplateByUrl) -> Renderer | None:
    """What a job's answers call its engine; None for what is no project."""
    is_project = template.chosen.type in _PROJECTS or (
        isinstance(template, ReadyTemplate) and template.record.converted is not None
    )
    if is_project or template.engine.name == AFTER_EFFECTS:
        return _RENDERERS.get(template.engine.name)
    return None


def _needs_after_effects(job: JobCreation, template: ReadyTemplate) -> bool:
    if template.record.converted is None:
        return False
    is_project = job.settings is not None and job.settings.type == "aep"
    if is_project or any(isinstance(asset, ScriptAsset) for asset in job.assets):
        return True
    composition = template.composition_named(job.template.composition)
    if composition is None:
        return False
    warnings = job_warnings(template, composition.name, job.assets)
    return bool(conversion_reasons(composition, warnings))
