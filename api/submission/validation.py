"""From the jobs of a request to jobs that a worker can render, each judged on its own."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.resources import Resources
from api.submission.checks import ReadyTemplate, assets_problems, number_problems
from api.submission.plan import RenderPlan, RenderPlans
from api.submission.schema import Problem, RawJob, nested_jobs, read_job
from api.submission.secret_checks import KnownSecrets, known_secrets, secret_problems
from api.submission.template_choice import ChosenTemplate, TemplateByUrl, template_by_url
from reelbatch.checks.fonts import FontNeeds, JobFonts, needs_team_fonts, resolve_fonts
from reelbatch.engines.base import RenderEngine
from reelbatch.models.errors import NotSupported, RequestError, TemplateNotFound, TemplateNotReady
from reelbatch.models.ids import new_nested_job_id
from reelbatch.models.orchestration.jobs import ChildJob, RenderJob, TemplateUrl
from reelbatch.models.stored.fonts import FontRecord
from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.models.wire.assets import Asset, layer_names
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.templates import TemplateStatus
from reelbatch.storage import keys
from reelbatch.storage.fonts import list_fonts
from reelbatch.storage.templates import read_template

_TEMPLATE_ID = re.compile(r"^[A-Z0-9]{26}$")
_PARALLEL_READS = 32


@dataclass(frozen=True)
class AcceptedJob:
    """A job that can be rendered; it gets its id and its place with `render_job`."""

    team: str
    creation: JobCreation
    template: ChosenTemplate
    plan: RenderPlan
    fonts: JobFonts
    children: "Children"

    def render_job(
        self,
        job_id: str,
        created_at: datetime,
        *,
        batch_id: str | None = None,
        index: int | None = None,
        parent_id: str | None = None,
    ) -> RenderJob:
        plan, template = self.plan, self.template
        return RenderJob(
            team=self.team,
            id=job_id,
            index=index,
            batch_id=batch_id,
            parent_id=parent_id,
            children=child_jobs(self.children, self.creation.assets, job_id, created_at),
            engine=template.engine,
            template_id=template.id,
            template_name=template.name,
            template_type=template.type,
            template_source=template.source,
            template_url=(
                TemplateUrl(url=template.url, font_names=self.creation.fonts)
                if template.url
                else None
            ),
            composition=plan.composition,
            assets=self.creation.assets,
            fonts=self.fonts.keys,
            font_ids=self.fonts.ids,
            missing_fonts=self.fonts.missing,
            output=plan.output,
            output_key=keys.output(self.team, job_id, plan.output.extension),
            extent=plan.extent,
            split=plan.split,
            tags=self.creation.tags,
            priority=self.creation.priority,
            upload=self.creation.upload,
            created_at=created_at,
        )


Children = Mapping[int, AcceptedJob]
"""The nested jobs of a job by the positions of their assets, in ascending order."""

Judged = AcceptedJob | list[Problem]
"""A job that can be rendered, or everything that is wrong with it."""

_Templates = dict[str, ReadyTemplate | Problem]  # by id


@dataclass(frozen=True)
class Known:
    """What the jobs of a request name, as far as the team has it."""

    team: str
    engines: Mapping[str, type[RenderEngine]]
    templates: _Templates
    fonts: Sequence[FontRecord]
    secrets: KnownSecrets
    plans: RenderPlans

    def template_of(self, job: JobCreation) -> ReadyTemplate | TemplateByUrl | Problem:
        if job.template.src is None:
            return self.templates[job.template.id]
        return template_by_url(job.template, job.template.src, self.engines)


async def judge(resources: Resources, team: str, raw_jobs: Sequence[RawJob]) -> list[Judged]:
    """Check every job. Each template and the list of fonts are read once, whatever the number.

    What computes runs in a thread: a thousand jobs take a while, and others want answers too.
    """
    limit = resources.settings.max_job_bytes
    jobs = await asyncio.to_thread(lambda: [read_job(raw, limit) for raw in raw_jobs])
    well_formed = [job for job in jobs if isinstance(job, JobCreation)]
    known = await look_up(resources, team, well_formed)
    return await asyncio.to_thread(
        lambda: [_judge_one(known, job) if isinstance(job, JobCreation) else job for job in jobs]
    )


async def look_up(resources: Resources, team: str, jobs: Sequence[JobCreation]) -> Known:
    """Find what these jobs and those that are nested in them name."""
    nested = await asyncio.to_thread(
        lambda: [child for job in jobs for _, child in nested_jobs(job.assets, job.priority)]
    )
    everything = [*jobs, *nested]
    template_ids = {job.template.id for job in everything if job.template.src is None}
    templates = await _read_templates(resources, team, template_ids)
    fonts: list[FontRecord] = []
    if await asyncio.to_thread(_any_needs_team_fonts, everything, templates):
        fonts = await list_fonts(resources.store, team)
    secrets = await known_secrets(resources.secrets, team, everything)
    plans = RenderPlans(resources.settings.segment_pixels)
    return Known(team, resources.engines, templates, fonts, secrets, plans)


def judge_nested(
    known: Known, jobs: Sequence[tuple[int, JobCreation]]
) -> tuple[Children, list[Problem]]:
    """The jobs that can be rendered, and what is wrong with the others, at its place in the parent.

    Each comes with the position of its asset.
    """
    children: dict[int, AcceptedJob] = {}
    problems: list[Problem] = []
    for position, job in jobs:
        judged = _judge_one(known, job)
        if isinstance(judged, AcceptedJob):
            children[position] = judged
        else:
            problems += [problem.inside(f"assets.{position}") for problem in judged]
    return children, problems


def child_jobs(
    children: Children, assets: Sequence[Asset], parent_id: str, created_at: datetime
) -> list[ChildJob] | None:
    """The nested jobs of the job with these assets, with new ids; None where it has none."""
    return [
        ChildJob(
            position=position,
            layer_name=layer_names(assets[position])[0],
            job=child.render_job(new_nested_job_id(), created_at, parent_id=parent_id),
        )
        for position, child in children.items()
    ] or None


def _judge_one(known: Known, job: JobCreation) -> Judged:
    children, nested = judge_nested(known, nested_jobs(job.assets, job.priority))
    problems = [*number_problems(job.assets), *secret_problems(job, known.secrets)]
    template = known.template_of(job)
    if isinstance(template, Problem):
        return [*problems, *nested] or [template]
    ready = template if isinstance(template, ReadyTemplate) else None
    plan = known.plans.of(job, template)
    if not isinstance(plan, RenderPlan):
        problems += plan
    problems += [*assets_problems(job, template.engine, ready), *nested]
    if problems or not isinstance(plan, RenderPlan):
        return problems
    fonts = resolve_fonts(_font_needs(job, ready), known.fonts) if ready else JobFonts([], [])
    return AcceptedJob(
        team=known.team,
        creation=job,
        template=template.chosen,
        plan=plan,
        fonts=fonts,
        children=children,
    )


def _any_needs_team_fonts(jobs: Sequence[JobCreation], templates: _Templates) -> bool:
    return any(
        needs_team_fonts(_font_needs(job, template))
        for job in jobs
        if isinstance(template := templates.get(job.template.id), ReadyTemplate)
    )


def _font_needs(job: JobCreation, template: ReadyTemplate) -> FontNeeds:
    return FontNeeds(job.fonts, job.assets, template.fonts)


async def _read_templates(resources: Resources, team: str, template_ids: set[str]) -> _Templates:
    gate = asyncio.Semaphore(_PARALLEL_READS)

    async def read(template_id: str) -> ReadyTemplate | Problem:
        async with gate:
            return await _read_template(resources, team, template_id)

    ids = list(template_ids)
    return dict(zip(ids, await asyncio.gather(*map(read, ids)), strict=True))


async def _read_template(
    resources: Resources, team: str, template_id: str
) -> ReadyTemplate | Problem:
    if not _TEMPLATE_ID.fullmatch(template_id):
        message = f"{template_id[:40]!r} is no template's id: those have 26 characters."
        return Problem(RequestError, "template.id", message)
    record = await read_template(resources.store, team, template_id)
    if record is None:
        return Problem(
            TemplateNotFound, "template.id", f"There is no template with the id {template_id}."
        )
    return _ready(resources, record)


def _ready(resources: Resources, record: TemplateRecord) -> ReadyTemplate | Problem:
    if (
        record.status is not TemplateStatus.UPLOADED
        or record.inspection is None
        or record.source is None
    ):
        return Problem(TemplateNotReady, "template.id", _why_not_ready(record))
    engine = resources.engines.get(record.engine)
    if engine is None:
        message = f"This server has no engine {record.engine} for the template {record.id}."
        return Problem(NotSupported, "template.id", message)
    return ReadyTemplate(record.inspection, record, record.source, engine)


def _why_not_ready(record: TemplateRecord) -> str:
    name = f"The template {record.id}"
    match record.status:
        case TemplateStatus.AWAITING_UPLOAD:
            return f"{name} has no file yet: PUT it to the template's upload URL."
        case TemplateStatus.ERROR:
            return f"{name} cannot be used: {record.error}"
        case _:
            return f"{name} is still being read: try again when its status is `uploaded`."
