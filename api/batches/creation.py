"""POST /batches: from the bytes of a request to a running batch."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api.http.errors import documented
from api.http.parameters import Flag
from api.http.requests import parameter_error
from api.http.responses import respond
from api.openapi.inputs import CREATE_BATCH
from api.resources import MayWriteJobs, RequestUrls, Resources, Shared
from api.submission.bodies import Body, read_batch_body
from api.submission.checks import check_public, check_webhook_secrets
from api.submission.formats import BatchQuery, BatchRequest, read_batch
from api.submission.launch import (
    Attempt,
    IdempotencyKey,
    children_created,
    launch_batch,
    once,
    webhook_records,
    with_webhook,
)
from api.submission.plan import ReadyTemplate
from api.submission.tables.files import files_named_in
from api.submission.tables.reading import ColumnsRefused, Table
from api.submission.validation import (
    RejectedJob,
    Templates,
    ValidJob,
    ready_template,
    validate,
)
from api.urls import Urls
from reelbatch.models.errors import (
    BatchSizeInvalid,
    BodyTooLarge,
    IdempotencyKeyReused,
    QuotaExceeded,
    RequestError,
    TooManyRequests,
    UnsupportedMediaType,
)
from reelbatch.models.ids import new_batch_id
from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.orchestration.jobs import BatchRenderJob, RenderJob, shortcomings_of
from reelbatch.models.orchestration.webhooks import PendingWebhook
from reelbatch.models.problems import Problem, error_of
from reelbatch.models.stored.idempotency import BatchSubmission
from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.models.wire.assets import Asset
from reelbatch.models.wire.batches import BatchCreationResponse, JobCreated
from reelbatch.models.wire.jobs import JobError
from reelbatch.models.wire.warnings import RenderWarning
from reelbatch.settings import Settings


class CreationRoute(APIRoute):
    """Reports invalid requests in the shape that the contract has for a 400: that of a batch."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_batch_errors(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return respond(_failed_creation(parameter_error(error)), 400)
            except RequestError as error:
                if error.status != 400:
                    raise
                return respond(_failed_creation(error), 400)

        return handle_with_batch_errors


router = APIRouter(tags=["batches"], route_class=CreationRoute)

_MAX_DETAILS = 2000  # in a batch, beyond the first one of each job

_MAX_SCHEDULED = 100_000  # rows: each of their batches means reading the table again

_ASSETS = TypeAdapter(list[Asset])

BATCH_REFUSALS = documented(
    BodyTooLarge, QuotaExceeded, UnsupportedMediaType, IdempotencyKeyReused, TooManyRequests
) | {
    400: {
        "model": BatchCreationResponse,
        "description": "Every job was rejected, or the body is not a batch.",
    }
}

DryRun = Annotated[
    Flag,
    Query(
        alias="dryRun",
        description="Only validate the jobs. Nothing is stored or started, and the response is a "
        "200.",
    ),
]


@router.post(
    "/batches",
    status_code=201,
    response_model=BatchCreationResponse,
    responses={
        **BATCH_REFUSALS,
        200: {"model": BatchCreationResponse, "description": "A dry run: nothing was stored."},
    },
    openapi_extra=CREATE_BATCH,
)
async def create_batch(
    request: Request,
    resources: Shared,
    team: MayWriteJobs,
    urls: RequestUrls,
    key: IdempotencyKey,
    query: Annotated[BatchQuery, Query()],
    dry_run: DryRun = False,
) -> Response:
    """Create a batch of up to 1,000 jobs.

    Invalid jobs are reported in `errors` and do not affect the others. With `dryRun=true`, nothing
    is stored or started, and the ids in the response do not exist.
    """
    body = await read_batch_body(request, resources.settings.limit_of("body"), resources.parsing)
    if dry_run:
        sent, validated = await read_and_validate(body, query, resources, team)
        draft = new_batch(team, sent, validated, resources.settings, urls)
        response = creation_response(
            draft.batch, urls, warnings=draft.warnings, total_rows=draft.total_rows
        )
        if sent.table:
            preview = await asyncio.to_thread(_table_preview, sent, sent.table, query.rows, body)
            response = response.model_copy(update=preview)
        return respond(response, 200 if draft.batch.jobs else 400)
    attempt = await submit_batch(
        resources, team, urls, body, query, key=key, identity=body.identity(request.url.query)
    )
    submission = attempt.decided
    batch = submission.batch
    response = creation_response(
        batch, urls, warnings=submission.warnings, total_rows=submission.total_rows
    )
    return respond(response, 201 if batch.jobs else 400, attempt.headers)


async def submit_batch(
    resources: Resources,
    team: str,
    urls: Urls,
    body: Body,
    query: BatchQuery,
    *,
    key: str | None,
    identity: bytes,
    schedule: str | None = None,
) -> Attempt[BatchSubmission]:
    """Make a batch of the request and start it, once for each `key`.

    Requests with a `key` are the same if their `identity` is. `schedule` is the id of the schedule
    that creates the batch, if there is one. Raises errors that concern the request as a whole.
    """
    async with once(resources, team, key, identity, BatchSubmission) as attempt:
        if attempt.earlier is None:
            sent, validated = await read_and_validate(body, query, resources, team)
            if schedule is not None:
                _check_scheduled(sent)
            submission = new_batch(
                team, sent, validated, resources.settings, urls, schedule=schedule
            )
            await attempt.save(submission)
        await launch_batch(resources, attempt.decided)
    return attempt


async def read_and_validate(
    body: Body, query: BatchQuery, resources: Resources, team: str, limit: int | None = None
) -> tuple[BatchRequest, list[ValidJob | RejectedJob]]:
    """The batch as it was sent, and its jobs, or only the first `limit` of them.

    Raises errors that concern the request as a whole.
    """
    templates: Templates = {}
    if body.is_table and query.template:
        templates[query.template] = await ready_template(resources, team, query.template)
    found = templates.get(query.template or "")
    known = found if isinstance(found, ReadyTemplate) else None
    if body.is_workbook:  # outside `parsing`: it takes a while, in separate processes
        body = replace(body, content=await resources.workbooks.cells_of(body.content))
    async with resources.parsing:
        sent = await asyncio.to_thread(read_batch, body, query, resources.settings, known)
    await check_webhook_secrets(resources.secrets, team, sent.webhook)
    if not resources.settings.allow_private_networks:
        check_public(sent.webhook)
    validated = await validate(resources, team, sent.jobs[:limit], sent.defaults, templates)
    if sent.outputs and limit is None:
        sent.outputs.check(
            [each.problems if isinstance(each, RejectedJob) else [] for each in validated]
        )
    return sent, validated


def _check_scheduled(sent: BatchRequest) -> None:
    """Raises BatchSizeInvalid for a table that is too large, before any part of it is started."""
    rows = sent.table.number_of_rows if sent.table else 0
    if rows > _MAX_SCHEDULED:
        raise BatchSizeInvalid(
            f"The table has {rows} rows, but a schedule accepts at most {_MAX_SCHEDULED}: split "
            "the table."
        )


def _table_preview(sent: BatchRequest, table: Table, rows: int, body: Body) -> dict[str, object]:
    """The part of a table that a dry run shows."""
    return {
        "columns": table.columns,
        "rows": table.first_rows(rows, sent.defaults.merged_into),
        "files": files_named_in(table, body.files),
    }


def new_batch(
    team: str,
    sent: BatchRequest,
    validated: Sequence[ValidJob | RejectedJob],
    settings: Settings,
    urls: Urls,
    *,
    schedule: str | None = None,
) -> BatchSubmission:
    """Jobs and errors have their positions in the request as indexes."""
    batch_id, now = new_batch_id(), datetime.now(UTC)
    jobs: list[BatchRenderJob] = []
    errors: list[JobError] = []
    webhooks: list[WebhookRecord] = []
    details = _MAX_DETAILS
    for index, job in enumerate(validated):
        if isinstance(job, RejectedJob):
            errors.append(_job_error(index, job.problems, details, sent))
            details -= len(errors[-1].details)
            continue
        accepted = job.batch_job(batch_id, index, now, sent.outputs)
        render_job = with_webhook(accepted, job.webhook, urls)
        jobs.append(render_job)
        webhooks += webhook_records(team, render_job.id, job.webhook, now)
    batch = Batch(
        team=team,
        id=batch_id,
        name=sent.name,
        submission=sent.submission,
        first_row=sent.first_row,
        schedule=schedule,
        outputs=len(sent.outputs) if sent.outputs else None,
        created_at=now,
        jobs=jobs,
        errors=errors,
        concurrency=_concurrency(sent, settings),
        kinds=kinds_of(jobs),
        webhook=PendingWebhook(receiver=sent.webhook.receiver) if sent.webhook else None,
    )
    if jobs:  # a batch without accepted jobs calls no webhook
        webhooks += webhook_records(team, batch_id, sent.webhook, now)
    table = sent.table
    return BatchSubmission(
        batch=batch,
        webhooks=webhooks,
        warnings=table.warnings if table else [],
        table=table.stored if table else None,
        total_rows=table.number_of_rows if table else None,
    )


def kinds_of(jobs: Sequence[RenderJob]) -> list[int] | None:
    """A number for each job, the same for jobs with equal inputs; None if all of them differ.

    This is a guess, because only workers know what files contain. Nested jobs have their own ids,
    so a job with nested jobs never equals another one.
    """
    assets = [job.id if job.children else _ASSETS.dump_json(job.assets) for job in jobs]
    if len(set(assets)) == len(jobs):  # most batches: nothing else needs to be compared
        return None
    numbers: dict[object, int] = {}
    inputs = map(_inputs_of, jobs, assets)
    kinds = [numbers.setdefault(each, len(numbers)) for each in inputs]
    return kinds if len(numbers) < len(kinds) else None


def _inputs_of(job: RenderJob, assets: object) -> tuple[object, ...]:
    """The inputs that equal jobs share, among them the `assets` in a form that can be compared."""
    source = job.template_url.model_dump_json() if job.template_url else job.template_source
    # As JSON, because a poster that is true equals one at 1.0 seconds in Python.
    output = job.output.model_dump_json()
    return job.engine, source, job.composition, assets, *job.fonts, output


def creation_response(
    batch: Batch,
    urls: Urls,
    *,
    retry_of: str | None = None,
    warnings: Sequence[RenderWarning] = (),
    total_rows: int | None = None,
) -> BatchCreationResponse:
    """`retry_of` is the id of the batch whose jobs are rendered again."""
    created = [_job_created(job, urls) for job in batch.jobs]
    rejected = not created
    return BatchCreationResponse(
        batch_id=batch.id,
        retry_of=retry_of,
        status="error" if rejected else "partial" if batch.errors else "created",
        total_jobs=len(created) + len(batch.errors),
        total_rows=total_rows,
        first_row=batch.first_row,
        outputs=batch.outputs,
        success_count=len(created),
        jobs=created,
        errors=batch.errors or None,
        warnings=list(warnings),
        error=rejection_summary(batch.errors) if rejected else None,
        error_code=batch.errors[0].error_code if rejected else None,
    )


def _job_created(job: BatchRenderJob, urls: Urls) -> JobCreated:
    output_url = urls.of_new_job(job)
    return JobCreated(
        index=job.index,
        row=job.row,
        output=job.row_output,
        id=job.id,
        name=job.name,
        status=job.first_status,
        output_url=output_url,
        poster_url=job.poster_url(output_url),
        renderer=job.renderer,
        **shortcomings_of(job),
        children=children_created(job, urls),
    )


def _failed_creation(error: RequestError) -> BatchCreationResponse:
    """`error` in the shape of a batch without jobs, whose id does not exist."""
    return BatchCreationResponse(
        batch_id=new_batch_id(),
        status="error",
        total_jobs=0,
        success_count=0,
        jobs=[],
        errors=[],
        error=error.message,
        error_code=error.error_code,
        details=list(error.details) or None,
        columns=error.columns if isinstance(error, ColumnsRefused) else [],
        rows=error.rows if isinstance(error, ColumnsRefused) else [],
    )


def _concurrency(sent: BatchRequest, settings: Settings) -> int:
    if sent.concurrency is None:
        return settings.batch_concurrency
    return min(sent.concurrency, settings.max_batch_concurrency)


def _job_error(
    index: int, problems: list[Problem], most_details: int, sent: BatchRequest
) -> JobError:
    error = error_of(problems)
    row, output = sent.outputs.place_of(index) if sent.outputs else (None, None)
    rejection = JobError(
        index=index,
        row=row,
        output=output,
        error=error.message,
        error_code=error.error_code,
        details=list(error.details[: max(1, most_details)]),
    )
    return _with_table_location(rejection, sent.table) if sent.table else rejection


def _with_table_location(error: JobError, table: Table) -> JobError:
    """Add the line in the file, and the columns that fields come from."""
    details = [
        detail.model_copy(update={"column": table.column_at(error.index, detail.field)})
        for detail in error.details
    ]
    line = table.lines[table.row_of(error.index)]
    return error.model_copy(update={"line": line, "details": details})


def rejection_summary(errors: list[JobError]) -> str:
    if len(errors) == 1:
        return f"The job was rejected: {errors[0].error}"
    return f"All {len(errors)} jobs were rejected. The first error: {errors[0].error}"
