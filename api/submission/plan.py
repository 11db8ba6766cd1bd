"""What jobs have in common that differ in their assets alone: found out once a request."""

from dataclasses import dataclass

from api.submission.checks import ReadyTemplate, settings_problems
from api.submission.schema import output_of
from api.submission.splitting import extent_of, split_of
from api.submission.template_choice import TemplateByUrl
from reelbatch.models.orchestration.jobs import Output, OutputExtent, Split
from reelbatch.models.problems import Problem
from reelbatch.models.wire.jobs import JobCreation

_Key = tuple[str, str | None, bool, str]


@dataclass(frozen=True)
class RenderPlan:
    """How a job is rendered, or what is wrong with its composition or its settings."""

    composition: str  # empty: the first one of a template by URL
    output: Output
    extent: OutputExtent | None = None  # None: nobody has looked into the template
    split: Split | None = None


class RenderPlans:
    """The plans of one request's jobs."""

    def __init__(self, segment_pixels: int) -> None:
        self._segment_pixels = segment_pixels  # the least of a segment; 0: there are none
        self._known: dict[_Key, RenderPlan | list[Problem]] = {}

    def of(
        self, job: JobCreation, template: ReadyTemplate | TemplateByUrl
    ) -> RenderPlan | list[Problem]:
        if isinstance(template, TemplateByUrl):
            problems = list(settings_problems(job, template.engine))
            return problems or RenderPlan(job.template.composition or "", output_of(job))
        settings = job.settings.model_dump_json() if job.settings else ""
        key = (job.template.id, job.template.composition, job.preview, settings)
        if key not in self._known:
            self._known[key] = self._new(job, template)
        return self._known[key]

    def _new(self, job: JobCreation, template: ReadyTemplate) -> RenderPlan | list[Problem]:
        problems = list(settings_problems(job, template.engine, template))
        composition = template.composition_named(job.template.composition)
        if problems or composition is None:
            return problems
        output, rate = output_of(job), composition.frame_rate
        extent = extent_of(output, composition)
        split = split_of(output, extent, rate, template.engine, self._segment_pixels)
        return RenderPlan(composition.name, output, extent, split)
