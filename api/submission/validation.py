"""Turns the jobs of a request into jobs that a worker can render, validating each separately."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from api.resources import Resources
from api.submission.checks import (
    TeamSecrets,
    address_problems,
    assets_problems,
    missing_uploads,
    number_problems,
    secret_problems,
    team_secrets,
    upload_problems,
)
from api.submission.formats import JobDefaults, RawJob, read_job
from api.submission.outputs import Outputs
from api.submission.plan import (
    AFTER_EFFECTS,
    ChosenTemplate,
    ReadyTemplate,
    RenderPlan,
    RenderPlans,
    TemplateByUrl,
    may_need_machines,
    renderer_of,
    with_renderer,
)
from api.submission.template_urls import template_by_url
from reelbatch.checks.fonts import FontNeeds, JobFonts, needs_team_fonts, resolve_fonts
from reelbatch.checks.template import job_warnings, lossy_problems
from reelbatch.engines.base import RenderEngine
from reelbatch.models.errors import NotSupported, RequestError, TemplateNotFound, TemplateNotReady
from reelbatch.models.ids import batch_job_id, new_nested_job_id
from reelbatch.models.orchestration.jobs import BatchRenderJob, ChildJob, RenderJob, TemplateUrl
from reelbatch.models.problems import Problem
from reelbatch.models.stored.fonts import FontRecord
from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.models.wire.assets import Asset, NestedJob, layer_names
from reelbatch.models.wire.jobs import JobCreation, TemplateChoice
from reelbatch.models.wire.templates import Renderer, TemplateStatus
from reelbatch.models.wire.warnings import RenderWarning
from reelbatch.models.wire.webhooks import Webhook
from reelbatch.parallel import gather_each
from reelbatch.storage import keys
from reelbatch.storage.fonts import list_fonts
from reelbatch.storage.templates import read_template

J = TypeVar("J", bound=RenderJob)

_SMALL = 4_000_000  # pixels of all frames; a still of that size takes a fifth of a second
_TEMPLATE_ID = re.compile(r"^[A-Z0-9]{26}$")


@dataclass(frozen=True)
class ValidJob:
    """A job that can be rendered, before it gets an id and an index."""

    team: str
    creation: JobCreation
    template: ChosenTemplate
    plan: RenderPlan
    fonts: JobFonts
    children: "Children"
    warnings: list[RenderWarning]  # about the template
    renderer: Renderer | None = None  # for a project
    unserved_timeout: float | None = None  # seconds

    @property
    def webhook(self) -> Webhook | None:
        return self.creation.webhook

    def render_job(
        self, job_id: str, created_at: datetime, *, parent_id: str | None = None
    ) -> RenderJob:
        """The job as one that belongs to no batch."""
        return self._job(RenderJob, job_id, created_at, parent_id=parent_id)

    def batch_job(
        self, batch_id: str, index: int, created_at: datetime, outputs: Outputs | None
    ) -> BatchRenderJob:
        """The job as part of a batch; `index` is its position in the request."""
        job_id = batch_job_id(batch_id, index)
        job = self._job(BatchRenderJob, job_id, created_at, batch_id=batch_id, index=index)
        if outputs is None:
            return job
        row, output = outputs.place_of(index)
        return job.model_copy(update={"row": row, "row_output": output})

    def _job(
        self,
        kind: type[J],
        job_id: str,
        created_at: datetime,
        *,
        batch_id: str | None = None,
        index: int | None = None,
        parent_id: str | None = None,
    ) -> J:
        plan, template = self.plan, self.template
        return kind(
            team=self.team,
            id=job_id,
            index=index,
            batch_id=batch_id,
            parent_id=parent_id,
            children=child_jobs(self.children, self.creation.assets, job_id, created_at),
            engine=template.engine,
            renderer=self.renderer,
            unserved_timeout=self.unserved_timeout,
            template_id=template.id,
            template_name=template.name,
            template_type=template.type,
            template_source=template.source,
            template_url=(
                TemplateUrl(
                    url=template.url,
                    font_names=self.creation.fonts,
                    lossy=self.creation.template.lossy is True,
                    claims=dict(template.claims) or None,
                )
                if template.url
                else None
            ),
            composition=plan.composition,
            assets=self.creation.assets,
            fonts=self.fonts.keys,
            font_ids=self.fonts.ids,
            font_faces=self.fonts.faces,
            missing_fonts=self.fonts.missing,
            missing_glyphs=self.fonts.missing_glyphs,
            warnings=self.warnings,
            output=plan.output,
            output_key=keys.output(self.team, job_id, plan.output.extension),
            extent=plan.extent,
            split=plan.split,
            small=self._is_small or None,
            name=self.creation.name,
            tags=self.creation.tags,
            priority=self.creation.priority,
            upload=self.creation.upload,
            created_at=created_at,
        )

    @property
    def _is_small(self) -> bool:
        """Return whether rendering the job costs less time than queueing it.

        A job with a priority must wait for its turn, and a job with nested jobs is visible between
        those and its own render. Uploads to a client's bucket may be slow, and After Effects runs
        on other machines.
        """
        creation, extent = self.creation, self.plan.extent
        if extent is None or creation.priority or creation.upload is not None:
            return False
        if self.children or self.unserved_timeout is not None:
            return False
        return extent.width * extent.height * extent.frames <= _SMALL


@dataclass(frozen=True)
class RejectedJob:
    """A job that cannot be rendered, and everything that is wrong with it."""

    problems: list[Problem]


Children = Mapping[int, ValidJob]
"""The nested jobs of a job, by the positions of their assets in ascending order."""

Templates = dict[str, ReadyTemplate | Problem]  # by id


@dataclass(frozen=True)
class RequestContext:
    """The things that the jobs of a request refer to, as far as they exist."""

    team: str
    engines: Mapping[str, type[RenderEngine]]
    templates: Templates
    fonts: Sequence[FontRecord]
    secrets: TeamSecrets
    missing_uploads: frozenset[str]  # ids that the jobs use
    plans: RenderPlans
    private_networks: bool  # whether workers may reach them
    machines: bool  # whether a machine with After Effects exists, if any job may need one
    unserved_timeout: float  # seconds that jobs wait for such a machine

    def template_of(self, job: JobCreation) -> ReadyTemplate | TemplateByUrl | Problem:
        if job.template.src is None:
            template = self.templates[job.template.id]
            if isinstance(template, Problem):
                return template
            return with_renderer(job, template, self.engines, machines=self.machines)
        return template_by_url(job.template, job.template.src, self.engines)


async def validate(
    resources: Resources,
    team: str,
    raw_jobs: Sequence[RawJob],
    defaults: JobDefaults,
    templates: Templates | None = None,
) -> list[ValidJob | RejectedJob]:
    """Validate every job with the defaults, reading each template and the list of fonts only once.

    `templates` have been read already. Computations run in a thread, because a thousand jobs take a
    while and would delay other requests.
    """
    limit = resources.settings.max_job_bytes
    jobs = await asyncio.to_thread(
        lambda: [
            read_job(defaults.merged_into(raw, index), limit) for index, raw in enumerate(raw_jobs)
        ]
    )
    well_formed = [job for job in jobs if isinstance(job, JobCreation)]
    context = await request_context(resources, team, well_formed, templates)
    return await asyncio.to_thread(
        lambda: [
            _validated(context, job, partial(defaults.with_origins, job=raw, index=index))
            for index, (raw, job) in enumerate(zip(raw_jobs, jobs, strict=True))
        ]
    )


def _validated(
    context: RequestContext,
    job: JobCreation | list[Problem],
    named: Callable[[list[Problem]], list[Problem]],
) -> ValidJob | RejectedJob:
    validated = _validate_one(context, job) if isinstance(job, JobCreation) else RejectedJob(job)
    if isinstance(validated, RejectedJob):
        return RejectedJob(named(validated.problems))
    return validated


async def request_context(
    resources: Resources,
    team: str,
    jobs: Sequence[JobCreation],
    templates: Templates | None = None,
) -> RequestContext:
    """Find what these jobs and their nested jobs refer to, except for the known `templates`."""
    known = templates or {}
    nested = await asyncio.to_thread(
        lambda: [child for job in jobs for _, child in nested_jobs(job.assets, job.priority)]
    )
    everything = [*jobs, *nested]
    template_ids = {job.template.id for job in everything if job.template.src is None}
    missing = template_ids - known.keys()
    templates = {**known, **await _read_templates(resources, team, missing)}
    fonts: list[FontRecord] = []
    if await asyncio.to_thread(_any_needs_team_fonts, everything, templates):
        fonts = await list_fonts(resources.store, team)
    return RequestContext(
        team=team,
        engines=resources.engines,
        templates=templates,
        fonts=fonts,
        secrets=await team_secrets(resources.secrets, team, everything),
        missing_uploads=await missing_uploads(resources.store, team, everything),
        plans=RenderPlans(resources.settings.segment_pixels),
        private_networks=resources.settings.allow_private_networks,
        machines=any(map(may_need_machines, templates.values()))
        and await resources.served_engines.have(AFTER_EFFECTS),
        unserved_timeout=resources.settings.unserved_timeout,
    )


def validate_nested(
    context: RequestContext, jobs: Sequence[tuple[int, JobCreation]]
) -> tuple[Children, list[Problem]]:
    """The nested jobs that can be rendered, and the problems of the others.

    Each of the `jobs` comes with the position of its asset. The problems' fields are relative to
    the parent.
    """
    children: dict[int, ValidJob] = {}
    problems: list[Problem] = []
    for position, job in jobs:
        validated = _validate_one(context, job)
        if isinstance(validated, ValidJob) and validated.plan.output.output_type == "aep":
            message = "The output of a nested job goes into a layer: choose video or image."
            validated = RejectedJob([Problem(NotSupported, "settings.type", message)])
        if isinstance(validated, ValidJob):
            children[position] = validated
        else:
            problems += [problem.inside(f"assets.{position}") for problem in validated.problems]
    return children, problems


def nested_jobs(assets: Sequence[object], priority: int) -> list[tuple[int, JobCreation]]:
    """The nested jobs among a job's assets, with the positions of the assets.

    They have their parent's priority, but not its webhook, upload and tags.
    """
    return [
        (
            position,
            JobCreation(
                template=TemplateChoice(
                    id=asset.template.id, composition=asset.template.composition
                ),
                preview=asset.preview,
                assets=[*asset.assets],
                settings=asset.settings,
                priority=priority,
            ),
        )
        for position, asset in enumerate(assets)
        if isinstance(asset, NestedJob)
    ]


def child_jobs(
    children: Children, assets: Sequence[Asset], parent_id: str, created_at: datetime
) -> list[ChildJob] | None:
    """The nested jobs of the job with these assets, with new ids; None if it has none."""
    if not children:
        return None
    return [
        ChildJob(
            position=position,
            layer_name=layer_names(assets[position])[0],
            job=child.render_job(new_nested_job_id(), created_at, parent_id=parent_id),
        )
        for position, child in children.items()
    ]


def _validate_one(context: RequestContext, job: JobCreation) -> ValidJob | RejectedJob:
    children, nested = validate_nested(context, nested_jobs(job.assets, job.priority))
    problems = [
        *number_problems(job.assets),
        *secret_problems(job, context.secrets),
        *upload_problems(job, context.missing_uploads),
    ]
    if not context.private_networks:
        problems += address_problems(job)
    template = context.template_of(job)
    if isinstance(template, Problem):
        return RejectedJob([*problems, *nested] or [template])
    ready = template if isinstance(template, ReadyTemplate) else None
    plan = context.plans.of(job, template)
    if not isinstance(plan, RenderPlan):
        problems += plan
    problems += [*assets_problems(job, template.engine, ready), *nested]
    warnings = _warnings(job, ready)
    if ready and not (ready.record.lossy if job.template.lossy is None else job.template.lossy):
        composition = ready.composition_named(job.template.composition)
        problems += lossy_problems(composition, warnings) if composition else []
    if problems or not isinstance(plan, RenderPlan):
        return RejectedJob(problems)
    fonts = resolve_fonts(_font_needs(job, ready), context.fonts) if ready else JobFonts([])
    return ValidJob(
        team=context.team,
        creation=job,
        template=template.chosen,
        plan=plan,
        fonts=fonts,
        children=children,
        warnings=warnings,
        renderer=renderer_of(template),
        unserved_timeout=(
            context.unserved_timeout if template.engine.name == AFTER_EFFECTS else None
        ),
    )


def _warnings(job: JobCreation, template: ReadyTemplate | None) -> list[RenderWarning]:
    composition = template.composition_named(job.template.composition) if template else None
    if template is None or composition is None:
        return []
    return job_warnings(template, composition.name, job.assets)


def _any_needs_team_fonts(jobs: Sequence[JobCreation], templates: Templates) -> bool:
    return any(
        needs_team_fonts(_font_needs(job, template))
        for job in jobs
        if isinstance(template := templates.get(job.template.id), ReadyTemplate)
    )


def _font_needs(job: JobCreation, template: ReadyTemplate) -> FontNeeds:
    return FontNeeds(job.fonts, job.assets, template.fonts)


async def _read_templates(resources: Resources, team: str, template_ids: set[str]) -> Templates:
    read = partial(ready_template, resources, team)
    return dict(zip(template_ids, await gather_each(read, template_ids), strict=True))


async def ready_template(
    resources: Resources, team: str, template_id: str
) -> ReadyTemplate | Problem:
    """The team's template, or why jobs cannot use it."""
    if not _TEMPLATE_ID.fullmatch(template_id):
        message = f"{template_id[:40]!r} is not a template id: ids have 26 characters."
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
    return ReadyTemplate(
        record.inspection, record=record, source=record.converted or record.source, engine=engine
    )


def _why_not_ready(record: TemplateRecord) -> str:
    name = f"The template {record.id}"
    match record.status:
        case TemplateStatus.AWAITING_UPLOAD:
            return f"{name} has no file yet: PUT it to the template's upload URL."
        case TemplateStatus.ERROR:
            return f"{name} cannot be used: {record.error}"
        case _:
            return f"{name} is still being read: try again when its status is `uploaded`."
