"""The endpoints of batches."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.batches.cancellation import cancel_batch_jobs
from api.batches.creation import creation_answer, new_batch
from api.batches.listing import BatchPage, list_batches
from api.http.errors import ErrorAnswer, documented
from api.http.parameters import Flag, UlidPath
from api.http.requests import read_body
from api.http.responses import answer, json_answer
from api.jobs.reading import read_children
from api.jobs.responses import job_answer, jobs_of
from api.openapi.inputs import CREATE_BATCH
from api.resources import MayReadJobs, MayWriteJobs, Recheck, RequestUrls, Shared
from api.submission.csv import CsvQuery
from api.submission.formats import identity_of, read_batch
from api.submission.idempotency import IdempotencyKey, submit_once
from api.submission.secret_checks import check_webhook_secrets
from api.submission.validation import judge
from api.submission.webhook_records import batch_webhooks
from reelbatch.models.errors import (
    BatchNotFound,
    BodyTooLarge,
    IdempotencyKeyReused,
    RequestError,
    Unavailable,
    UnsupportedMediaType,
)
from reelbatch.models.stored.idempotency import Submission
from reelbatch.models.wire.batches import (
    BatchCancellationResponse,
    BatchCreationResponse,
    BatchList,
    BatchStatusResponse,
    JobCancellation,
)
from reelbatch.models.wire.jobs import JobStatus
from workflows.job_states import KnownJob

router = APIRouter(tags=["batches"])

_LONGEST_WAIT = 60  # seconds; proxies give up soon after

Wait = Annotated[
    int,
    Query(ge=0, le=_LONGEST_WAIT, description="Seconds to wait until more jobs have ended."),
]
DryRun = Annotated[
    Flag,
    Query(
        alias="dryRun",
        description="Validate the jobs, and neither store nor start anything: a 200.",
    ),
]


@router.post(
    "/batches",
    status_code=201,
    response_model=BatchCreationResponse,
    responses={
        **documented(BodyTooLarge, UnsupportedMediaType, IdempotencyKeyReused),
        200: {"model": BatchCreationResponse, "description": "A dry run: nothing was stored."},
        400: {
            "model": BatchCreationResponse | ErrorAnswer,
            "description": "Every job was rejected, or the body is no batch.",
        },
    },
    openapi_extra=CREATE_BATCH,
)
async def create_batch(
    request: Request,
    resources: Shared,
    team: MayWriteJobs,
    urls: RequestUrls,
    key: IdempotencyKey,
    query: Annotated[CsvQuery, Query()],
    dry_run: DryRun = False,
) -> Response:
    """Accept up to 1,000 jobs; a bad one does not spoil the others.

    With `dryRun=true` nothing is stored or started, and the ids in the answer lead nowhere.
    """
    body = await read_body(request, resources.settings.max_body_bytes)

    async def submit() -> Submission:
        wanted = read_batch(request, body, query, resources.settings)
        await check_webhook_secrets(resources.secrets, team, wanted.webhook)
        jobs = await asyncio.to_thread(wanted.merged_jobs)
        judged = await judge(resources, team, jobs)
        batch = new_batch(team, wanted, judged, resources.settings, urls)
        return Submission(
            status_code=201 if batch.jobs else 400,
            answer=creation_answer(batch, urls).model_dump_json(by_alias=True),
            batch=batch,
            webhooks=batch_webhooks(batch, wanted.webhook, judged),
        )

    if dry_run:
        checked = await submit()
        return json_answer(checked.answer, 200 if checked.status_code == 201 else 400)
    return await submit_once(resources, team, key, identity_of(request, body), submit)


@router.get(
    "/batches",
    response_model=BatchList,
    responses=documented(RequestError),
)
async def get_batches(
    resources: Shared, team: MayReadJobs, page: Annotated[BatchPage, Query()]
) -> Response:
    """The team's batches, newest first."""
    return answer(await list_batches(resources, team, page))


@router.get(
    "/batches/{batch_id}",
    response_model=BatchStatusResponse,
    responses=documented(RequestError, BatchNotFound),
)
async def get_batch(
    batch_id: UlidPath,
    resources: Shared,
    team: MayReadJobs,
    urls: RequestUrls,
    recheck: Recheck,
    wait: Wait = 0,
) -> Response:
    """A batch's status, its counts and all of its jobs.

    With `wait`, a number of seconds, the answer comes when more jobs have ended, or then.
    """
    snapshot = await resources.batches.read(team, batch_id)
    if wait:
        snapshot = await resources.watches.change(snapshot, wait)
        await recheck()
    return json_answer(resources.batch_answers.json(snapshot, urls))


@router.post(
    "/batches/{batch_id}/cancel",
    response_model=BatchCancellationResponse,
    responses=documented(RequestError, BatchNotFound, Unavailable),
)
async def cancel_batch(
    batch_id: UlidPath, resources: Shared, team: MayWriteJobs, urls: RequestUrls
) -> Response:
    """Cancel all jobs of a batch that have not ended."""
    snapshot, cancelled = await cancel_batch_jobs(resources, team, batch_id)
    jobs = jobs_of(snapshot)
    stopped = [job for job in jobs if job.summary.index in cancelled]
    nested = await read_children(resources, team, stopped)
    stopped += [job for job in nested if job.state.status is JobStatus.CANCELLED]
    return answer(
        BatchCancellationResponse(
            batch_id=snapshot.id,
            total_jobs=len(jobs),
            jobs=[_cancellation(job, cancelled) for job in jobs],
            cancelled_jobs=[job_answer(team, job, urls) for job in stopped],
        )
    )


def _cancellation(job: KnownJob, cancelled: set[int]) -> JobCancellation:
    index, status = job.summary.index or 0, job.state.status
    if index in cancelled:
        return JobCancellation(index=index, id=job.id, result="cancelled", status=status)
    reason = f"The job had already ended: {status}."
    if not status.is_terminal:
        reason = "The job is still stopping; read the batch again in a moment."
    return JobCancellation(index=index, id=job.id, result="skipped", status=status, reason=reason)
