"""The endpoints of schedules. Temporal stores their times, the object store everything else."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import available_timezones

import temporalio.client as temporal
from fastapi import APIRouter, Depends, Request, Response
from temporalio.common import Priority, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from api.http.errors import documented
from api.http.parameters import UlidPath
from api.http.requests import read_model
from api.http.responses import respond, respond_all
from api.openapi.inputs import CREATE_SCHEDULE
from api.resources import MayReadJobs, MayWriteJobs, Resources, Shared
from api.schedules.submission import query_of
from api.submission.checks import check_public, check_table_url, check_webhook_secrets
from api.submission.formats import read_job, webhook_at
from api.submission.plan import ReadyTemplate, RenderPlan, RenderPlans
from api.submission.tables.reading import common_fields
from api.submission.validation import ready_template
from reelbatch.models.errors import (
    BodyTooLarge,
    InvalidJson,
    QuotaExceeded,
    RequestError,
    ScheduleNotFound,
    ScheduleRunning,
    SecretsNotConfigured,
    TemplateNotFound,
)
from reelbatch.models.ids import new_id
from reelbatch.models.orchestration import search_attributes
from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE, schedule_workflow_id
from reelbatch.models.problems import Problem, error_of
from reelbatch.models.stored.schedules import ScheduleRecord
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.schedules import MAX_SCHEDULES, Schedule, ScheduleCreation
from reelbatch.models.wire.urls import redacted_url
from reelbatch.parallel import gather_each
from reelbatch.spelling import did_you_mean
from reelbatch.storage.schedules import (
    delete_schedule,
    list_schedules,
    read_runs,
    read_schedule,
    write_schedule,
)
from workflows.markdown import headline, plain
from workflows.schedule import ScheduledBatchWorkflow

router = APIRouter(tags=["schedules"])

_PARALLEL_READS = 8
_CATCH_UP = timedelta(hours=1)  # runs missed while Temporal was down start up to this much later

# The schedule's fields, by the corresponding fields of a row's job.
_FIELDS = {
    "template.composition": "composition",
    "settings.codec": "codec",
    "settings.frames": "frame",
    "settings.poster": "poster",
}

_ERRORS = documented(RequestError, ScheduleNotFound)


@router.post(
    "/schedules",
    status_code=201,
    response_model=Schedule,
    responses=documented(
        RequestError,
        InvalidJson,
        BodyTooLarge,
        QuotaExceeded,
        TemplateNotFound,
        SecretsNotConfigured,
    ),
    openapi_extra=CREATE_SCHEDULE,
)
async def create_schedule(request: Request, resources: Shared, team: MayWriteJobs) -> Response:
    """Create a schedule.

    At the times of a cron expression, it fetches the table at a URL and creates batches from it.
    Runs that are due while batches of an earlier run are still in progress are skipped.
    """
    creation = await read_model(request, ScheduleCreation)
    await _check(resources, team, creation)
    record = ScheduleRecord(id=new_id(), team=team, created_at=datetime.now(UTC), creation=creation)
    await write_schedule(resources.store, record)
    try:
        await _start(resources, record)
    except BaseException:
        await delete_schedule(resources.store, team, record.id)
        raise
    return respond(await _schedule(resources, record), 201)


@router.get("/schedules", response_model=list[Schedule], responses=documented())
async def list_all_schedules(resources: Shared, team: MayReadJobs) -> Response:
    """List the team's schedules, oldest first."""

    async def read(record: ScheduleRecord) -> Schedule | None:
        try:
            return await _schedule(resources, record)
        except ScheduleNotFound:  # it has just been deleted, or its creation was interrupted
            return None

    records = await list_schedules(resources.store, team)
    found = await gather_each(read, records, at_once=_PARALLEL_READS)
    return respond_all([schedule for schedule in found if schedule is not None])


async def _record(schedule_id: UlidPath, resources: Shared, team: MayReadJobs) -> ScheduleRecord:
    return await _found(resources, team, schedule_id)


async def _changeable(
    schedule_id: UlidPath, resources: Shared, team: MayWriteJobs
) -> ScheduleRecord:
    return await _found(resources, team, schedule_id)


ReadableSchedule = Annotated[ScheduleRecord, Depends(_record)]
ChangeableSchedule = Annotated[ScheduleRecord, Depends(_changeable)]


@router.get("/schedules/{schedule_id}", response_model=Schedule, responses=_ERRORS)
async def get_schedule(resources: Shared, record: ReadableSchedule) -> Response:
    """Get a schedule, with the time of its next run and the outcomes of its last runs."""
    return respond(await _schedule(resources, record))


@router.post("/schedules/{schedule_id}/pause", response_model=Schedule, responses=_ERRORS)
async def pause_schedule(resources: Shared, record: ChangeableSchedule) -> Response:
    """Pause a schedule until it is resumed.

    A run that is in progress continues.
    """
    async with _handle(resources, record) as handle:
        await handle.pause()
    return respond(await _schedule(resources, record))


@router.post("/schedules/{schedule_id}/resume", response_model=Schedule, responses=_ERRORS)
async def resume_schedule(resources: Shared, record: ChangeableSchedule) -> Response:
    """Resume a paused schedule.

    Runs that it has missed in the meantime are not made up for.
    """
    async with _handle(resources, record) as handle:
        await handle.unpause()
    return respond(await _schedule(resources, record))


@router.post(
    "/schedules/{schedule_id}/trigger",
    status_code=202,
    response_model=Schedule,
    responses=documented(RequestError, ScheduleNotFound, ScheduleRunning),
)
async def trigger_schedule(resources: Shared, record: ChangeableSchedule) -> Response:
    """Run a schedule now, even if it is paused.

    Its `runs` will show the outcome.
    """
    async with _handle(resources, record) as handle:
        if (await handle.describe()).info.running_actions:
            raise ScheduleRunning
        await handle.trigger(overlap=temporal.ScheduleOverlapPolicy.SKIP)
    return respond(await _schedule(resources, record), 202)


@router.delete(
    "/schedules/{schedule_id}", status_code=200, response_class=Response, responses=_ERRORS
)
async def remove_schedule(resources: Shared, record: ChangeableSchedule) -> Response:
    """Delete a schedule.

    The batches that it has created are kept.
    """
    # If the record is gone, Temporal's schedule is deleted later: see the activity `fetch_table`.
    await delete_schedule(resources.store, record.team, record.id)
    async with _handle(resources, record) as handle:
        await handle.delete()
    return Response(status_code=200)


async def _check(resources: Resources, team: str, creation: ScheduleCreation) -> None:
    """Raises RequestError, TemplateNotFound or QuotaExceeded if no run could ever succeed."""
    zones = available_timezones()  # empty if the system has no time zone database
    if zones and creation.time_zone not in zones:
        hint = did_you_mean(creation.time_zone, zones)
        raise _refused("timeZone", f"There is no time zone {creation.time_zone}.{hint}")
    private_networks = resources.settings.allow_private_networks
    await check_table_url(resources.secrets, team, creation.url, private_networks=private_networks)
    webhook = webhook_at(creation.webhook)
    await check_webhook_secrets(resources.secrets, team, webhook)
    if not private_networks:
        check_public(webhook)
    template = await ready_template(resources, team, creation.template)
    if isinstance(template, Problem):
        raise error_of([Problem(template.kind, "template", template.message)])
    problems = _row_problems(creation, template, resources.settings.max_job_bytes)
    if problems:
        raise error_of(problems)
    if len(await list_schedules(resources.store, team)) >= MAX_SCHEDULES:
        raise QuotaExceeded(f"The team has {MAX_SCHEDULES} schedules, the maximum: delete one.")


def _row_problems(
    creation: ScheduleCreation, template: ReadyTemplate, most_bytes: int
) -> list[Problem]:
    """Problems that every row of any table would have, whatever its cells contain."""
    job = read_job(common_fields(query_of(creation)), most_bytes)
    found = RenderPlans(0).of(job, template) if isinstance(job, JobCreation) else job
    if isinstance(found, RenderPlan):
        return []
    return [replace(each, field=_FIELDS.get(each.field, each.field)) for each in found]


async def _start(resources: Resources, record: ScheduleRecord) -> None:
    """Raises RequestError for times that Temporal cannot read."""
    creation, tag = record.creation, search_attributes.schedule_tag(record.id)
    id_ = schedule_workflow_id(record.team, record.id)
    attributes = TypedSearchAttributes(
        [
            SearchAttributePair(search_attributes.TEAM, record.team),
            SearchAttributePair(search_attributes.TAGS, [tag]),
        ]
    )
    schedule = temporal.Schedule(
        action=temporal.ScheduleActionStartWorkflow(
            ScheduledBatchWorkflow.run,
            id=id_,
            task_queue=CONTROL_TASK_QUEUE,
            typed_search_attributes=attributes,
            static_summary=headline(plain(creation.name)),
            priority=Priority(fairness_key=record.team),
        ),
        spec=temporal.ScheduleSpec(
            cron_expressions=[creation.cron], time_zone_name=creation.time_zone
        ),
        policy=temporal.SchedulePolicy(
            overlap=temporal.ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP
        ),
    )
    try:
        await resources.client.create_schedule(id_, schedule, search_attributes=attributes)
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        field = "timeZone" if "zone" in error.message.lower() else "cron"
        raise _refused(field, f"Temporal cannot read it: {error.message}.") from error


def _refused(field: str, message: str) -> Exception:
    return error_of([Problem(RequestError, field, message)])


async def _found(resources: Resources, team: str, schedule_id: str) -> ScheduleRecord:
    record = await read_schedule(resources.store, team, schedule_id)
    if record is None:
        raise ScheduleNotFound
    return record


@asynccontextmanager
async def _handle(
    resources: Resources, record: ScheduleRecord
) -> AsyncGenerator[temporal.ScheduleHandle]:
    """Temporal's schedule. Raises ScheduleNotFound if it does not exist."""
    id_ = schedule_workflow_id(record.team, record.id)
    try:
        yield resources.client.get_schedule_handle(id_)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise ScheduleNotFound from error
        raise


async def _schedule(resources: Resources, record: ScheduleRecord) -> Schedule:
    """The schedule in its current state. Raises ScheduleNotFound."""
    async with _handle(resources, record) as handle:
        described = await handle.describe()
    creation, info = record.creation, described.info
    paused = described.schedule.state.paused
    return Schedule(
        id=record.id,
        name=creation.name,
        cron=creation.cron,
        time_zone=creation.time_zone,
        url=redacted_url(creation.url),
        template=creation.template,
        created_at=record.created_at,
        paused=paused,
        running=bool(info.running_actions),
        next_run_at=next(iter(info.next_action_times), None) if not paused else None,
        skipped=info.num_actions_skipped_overlap,
        runs=await read_runs(resources.store, record.team, record.id),
    )
