"""The endpoints of batches."""

from datetime import UTC, datetime
from typing import cast

from fastapi import APIRouter, Request, Response
from pydantic import JsonValue

from api.answers import answer
from api.batch_listing import list_batches, read_page
from api.cancellation import cancel_batch_jobs
from api.errors import documented
from api.idempotency import submit_once
from api.job_answers import KnownJob, batch_answer, job_answer, jobs_of
from api.job_schema import Problem, error_of
from api.requests import check_id, parse_json, read_body
from api.resources import RequestUrls, Resources, Shared, Team
from api.submission import AcceptedJob, Judged, judge
from api.urls import Urls
from models.batches import (
    Batch,
    BatchCancellationResponse,
    BatchCreationResponse,
    BatchList,
    BatchStatusResponse,
    JobCancellation,
    JobCreated,
)
from models.errors import (
    BatchNotFound,
    BatchSizeInvalid,
    BodyTooLarge,
    FieldError,
    IdempotencyKeyReused,
    InvalidJson,
    RequestError,
    Unavailable,
)
from models.ids import MAX_BATCH_JOBS, batch_job_id, new_batch_id
from models.jobs import JobError, JobStatus
from storage.idempotency import Submission

router = APIRouter(tags=["batches"])


@router.post(
    "/batches",
    status_code=201,
    response_model=BatchCreationResponse,
    responses=documented(
        BodyTooLarge, InvalidJson, BatchSizeInvalid, IdempotencyKeyReused, Unavailable
    ),
)
async def create_batch(
    request: Request, resources: Shared, team: Team, urls: RequestUrls
) -> Response:
    """Accept up to 1,000 jobs; a bad one does not spoil the others."""
    body = await read_body(request, resources.settings.max_body_bytes)

    async def submit() -> Submission:
        raw_jobs = _jobs_in(parse_json(body))
        return _submission(resources, team, urls, await judge(resources, team, raw_jobs))

    return await submit_once(resources, team, request, body, submit)


@router.get("/batches", response_model=BatchList, responses=documented(RequestError, Unavailable))
async def get_batches(request: Request, resources: Shared, team: Team) -> Response:
    """The team's batches, newest first."""
    return answer(await list_batches(resources, team, read_page(request)))


@router.get(
    "/batches/{batch_id}",
    response_model=BatchStatusResponse,
    responses=documented(RequestError, BatchNotFound, Unavailable),
)
async def get_batch(batch_id: str, resources: Shared, team: Team, urls: RequestUrls) -> Response:
    """A batch's status, its counts and all of its jobs."""
    snapshot = await resources.batches.read(team, check_id(batch_id, "batch"))
    return answer(batch_answer(snapshot, urls))


@router.post(
    "/batches/{batch_id}/cancel",
    response_model=BatchCancellationResponse,
    responses=documented(RequestError, BatchNotFound, Unavailable),
)
async def cancel_batch(batch_id: str, resources: Shared, team: Team, urls: RequestUrls) -> Response:
    """Cancel all jobs of a batch that have not ended."""
    snapshot, cancelled = await cancel_batch_jobs(resources, team, check_id(batch_id, "batch"))
    jobs = jobs_of(snapshot)
    return answer(
        BatchCancellationResponse(
            batch_id=snapshot.id,
            total_jobs=len(jobs),
            jobs=[_cancellation(job, cancelled) for job in jobs],
            cancelled_jobs=[
                job_answer(team, job, urls) for job in jobs if job.summary.index in cancelled
            ],
        )
    )


def _jobs_in(content: JsonValue) -> list[JsonValue]:
    """The `jobs` of a request's body. Raises RequestError or BatchSizeInvalid."""
    if not isinstance(content, dict):
        raise RequestError('The body has to be a JSON object: {"jobs": […]}.')
    jobs = content.get("jobs")
    if not isinstance(jobs, list):
        problem = "must be a list" if "jobs" in content else "is required"
        details = [FieldError(field="jobs", message=problem)]
        raise RequestError(f"jobs {problem}.", details=details)
    found = cast("list[JsonValue]", jobs)
    if not 1 <= len(found) <= MAX_BATCH_JOBS:
        message = f"A batch takes 1 to {MAX_BATCH_JOBS} jobs, not {len(found)}."
        details = [FieldError(field="jobs", message=message)]
        raise BatchSizeInvalid(message, details=details)
    return found


def _submission(resources: Resources, team: str, urls: Urls, judged: list[Judged]) -> Submission:
    batch = _batch(resources, team, judged)
    created = [
        JobCreated(
            index=job.index or 0,
            id=job.id,
            status=JobStatus.QUEUED,
            output_url=urls.output(team, job.id, job.output.extension),
            missing_fonts=job.missing_fonts or None,
        )
        for job in batch.jobs
    ]
    rejected = not created
    response = BatchCreationResponse(
        batch_id=batch.id,
        status="error" if rejected else "partial" if batch.errors else "created",
        total_jobs=len(judged),
        success_count=len(created),
        jobs=created,
        errors=batch.errors or None,
        error=_all_rejected(batch.errors) if rejected else None,
        error_code=batch.errors[0].error_code if rejected else None,
    )
    return Submission(
        status_code=400 if rejected else 201,
        answer=response.model_dump_json(by_alias=True),
        batch=batch,
    )


def _batch(resources: Resources, team: str, judged: list[Judged]) -> Batch:
    """Accepted jobs keep their places in the request, so that ids and errors can be matched."""
    batch_id, now = new_batch_id(), datetime.now(UTC)
    return Batch(
        team=team,
        id=batch_id,
        created_at=now,
        jobs=[
            job.render_job(batch_job_id(batch_id, index), now, batch_id=batch_id, index=index)
            for index, job in enumerate(judged)
            if isinstance(job, AcceptedJob)
        ],
        errors=[
            _job_error(index, problems)
            for index, problems in enumerate(judged)
            if not isinstance(problems, AcceptedJob)
        ],
        concurrency=resources.settings.batch_concurrency,
    )


def _job_error(index: int, problems: list[Problem]) -> JobError:
    error = error_of(problems)
    return JobError(
        index=index,
        error=error.message,
        error_code=error.error_code,
        details=list(error.details),
    )


def _all_rejected(errors: list[JobError]) -> str:
    if len(errors) == 1:
        return f"The job was rejected: {errors[0].error}"
    return f"All {len(errors)} jobs were rejected; the first one: {errors[0].error}"


def _cancellation(job: KnownJob, cancelled: set[int]) -> JobCancellation:
    index, status = job.summary.index or 0, job.state.status
    if index in cancelled:
        return JobCancellation(index=index, id=job.id, result="cancelled", status=status)
    reason = f"The job had already ended: {status}."
    if not status.is_terminal:
        reason = "The job is still stopping; read the batch again in a moment."
    return JobCancellation(index=index, id=job.id, result="skipped", status=status, reason=reason)
