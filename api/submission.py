"""From the jobs of a request to jobs that a worker can render, each judged on its own."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.job_checks import (
    ReadyTemplate,
    problems_before_template,
    problems_of,
    unsupported_parts,
)
from api.job_schema import Problem, RawJob, read_job
from api.resources import Resources
from api.secret_checks import KnownSecrets, known_secrets, secret_problems
from api.template_choice import ChosenTemplate, TemplateByUrl, template_by_url
from models.errors import NotSupported, RequestError, TemplateNotFound, TemplateNotReady
from models.font_choice import FontNeeds, JobFonts, needs_team_fonts, resolve_fonts
from models.fonts import FontRecord
from models.jobs import JobCreation, RenderJob, TemplateUrl, output_of
from models.templates import TemplateRecord, TemplateStatus
from storage import keys
from storage.fonts import list_fonts
from storage.templates import read_template

_TEMPLATE_ID = re.compile(r"^[A-Z0-9]{26}$")
_PARALLEL_READS = 32


@dataclass(frozen=True)
class AcceptedJob:
    """A job that can be rendered; it gets its id and its place with `render_job`."""

    team: str
    creation: JobCreation
    template: ChosenTemplate
    composition: str  # empty: the first one of a template by URL
    fonts: JobFonts

    def render_job(
        self, job_id: str, created_at: datetime, *, batch_id: str | None, index: int | None
    ) -> RenderJob:
        output = output_of(self.creation)
        template = self.template
        return RenderJob(
            team=self.team,
            id=job_id,
            index=index,
            batch_id=batch_id,
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
            composition=self.composition,
            assets=self.creation.assets,
            fonts=self.fonts.keys,
            font_ids=self.fonts.ids,
            missing_fonts=self.fonts.missing,
            output=output,
            output_key=keys.output(self.team, job_id, output.extension),
            tags=self.creation.tags,
            priority=self.creation.priority,
            upload=self.creation.upload,
            created_at=created_at,
        )


Judged = AcceptedJob | list[Problem]
"""A job that can be rendered, or everything that is wrong with it."""

_Templates = dict[str, ReadyTemplate | Problem]  # by id


async def judge(resources: Resources, team: str, raw_jobs: Sequence[RawJob]) -> list[Judged]:
    """Check every job. Each template and the list of fonts are read once, whatever the number.

    What computes runs in a thread: a thousand jobs take a while, and others want answers too.
    """
    limit = resources.settings.max_job_bytes
    jobs = await asyncio.to_thread(lambda: [read_job(raw, limit) for raw in raw_jobs])
    well_formed = [job for job in jobs if isinstance(job, JobCreation)]
    template_ids = {job.template.id for job in well_formed if job.template.src is None}
    templates = await _read_templates(resources, team, template_ids)
    fonts: list[FontRecord] = []
    if await asyncio.to_thread(_any_needs_team_fonts, well_formed, templates):
        fonts = await list_fonts(resources.store, team)
    secrets = await known_secrets(resources.secrets, team, well_formed)
    return await asyncio.to_thread(
        lambda: [
            _judge_one(resources, team, job, templates, fonts, secrets)
            if isinstance(job, JobCreation)
            else job
            for job in jobs
        ]
    )


def _judge_one(
    resources: Resources,
    team: str,
    job: JobCreation,
    templates: _Templates,
    fonts: Sequence[FontRecord],
    secrets: KnownSecrets,
) -> Judged:
    problems = [*unsupported_parts(job), *secret_problems(job, secrets)]
    template = (
        templates[job.template.id]
        if job.template.src is None
        else template_by_url(job.template, job.template.src, resources.engines)
    )
    if isinstance(template, Problem):
        return problems or [template]
    if isinstance(template, TemplateByUrl):
        problems += problems_before_template(job, template.engine)
        name, found = job.template.composition or "", JobFonts([], [])
        return problems or AcceptedJob(team, job, template.chosen, name, found)
    problems += problems_of(job, template)
    composition = template.composition_named(job.template.composition)
    if problems or composition is None:
        return problems
    found = resolve_fonts(_font_needs(job, template), fonts)
    return AcceptedJob(team, job, template.chosen, composition.name, found)


def _any_needs_team_fonts(jobs: Sequence[JobCreation], templates: _Templates) -> bool:
    return any(
        needs_team_fonts(_font_needs(job, template))
        for job in jobs
        if isinstance(template := templates.get(job.template.id), ReadyTemplate)
    )


def _font_needs(job: JobCreation, template: ReadyTemplate) -> FontNeeds:
    return FontNeeds(job.fonts, job.assets, template.inspection, template.engine.fonts)


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
