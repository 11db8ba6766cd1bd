"""The endpoints of jobs."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api.answers import answer, answer_all
from api.cancellation import cancel_batch_jobs, cancel_single_job
from api.errors import documented
from api.idempotency import submit_once
from api.inputs import CANCEL_JOBS, CREATE_JOB, LIST_JOBS
from api.job_answers import job_answer
from api.job_filters import read_listing
from api.job_listing import list_jobs
from api.job_reading import read_job, read_jobs
from api.job_schema import error_of
from api.reference import UlidPath
from api.requests import check_id, known_id, parse_json, read_body, read_model
from api.resources import MayReadJobs, MayWriteJobs, RequestUrls, Resources, Shared
from api.submission import AcceptedJob, judge
from api.webhook_records import announced, webhook_records
from models.errors import (
    BodyTooLarge,
    FieldError,
    IdempotencyKeyReused,
    InvalidJson,
    JobNotCancellable,
    JobNotFound,
    RequestError,
    TemplateNotFound,
    Unavailable,
)
from models.ids import new_single_job_id
from models.job_states import KnownJob
from models.jobs import (
    Job,
    JobCancellationRequest,
    JobCreationResponse,
    JobCreationStats,
    JobStatus,
    RenderJob,
)
from storage.idempotency import Submission

router = APIRouter(tags=["jobs"])


@router.post(
    "/jobs",
    status_code=201,
    response_model=JobCreationResponse,
    responses=documented(
        RequestError,
        InvalidJson,
        BodyTooLarge,
        TemplateNotFound,
        IdempotencyKeyReused,
        Unavailable,
    ),
    openapi_extra=CREATE_JOB,
)
async def create_job(
    request: Request, resources: Shared, team: MayWriteJobs, urls: RequestUrls
) -> Response:
    """Accept one job."""
    body = await read_body(request, resources.settings.max_body_bytes)

    async def submit() -> Submission:
        [judged] = await judge(resources, team, [parse_json(body)])
        if not isinstance(judged, AcceptedJob):
            raise error_of(judged)
        webhook = judged.creation.webhook
        job = judged.render_job(new_single_job_id(), datetime.now(UTC), batch_id=None, index=None)
        job = announced(job, webhook, urls)
        output_url = urls.of_job(team, job.id, job.summary)
        response = _creation_answer(job, output_url)
        return Submission(
            status_code=201,
            answer=response.model_dump_json(by_alias=True),
            job=job,
            webhooks=webhook_records(team, job.id, webhook, job.created_at),
        )

    return await submit_once(resources, team, request, body, submit)


@router.get(
    "/jobs",
    response_model=list[Job],
    responses=documented(RequestError),
    openapi_extra=LIST_JOBS,
)
async def get_jobs(
    request: Request, resources: Shared, team: MayReadJobs, urls: RequestUrls
) -> Response:
    """The team's jobs, filtered and sorted."""
    jobs = await list_jobs(resources, team, read_listing(request))
    return answer_all([job_answer(team, job, urls) for job in jobs])


@router.get("/jobs/{job_id}", response_model=Job, responses=documented(JobNotFound, Unavailable))
async def get_job(job_id: str, resources: Shared, team: MayReadJobs, urls: RequestUrls) -> Response:
    """One job, with its progress while it renders."""
    job = await read_job(resources, team, known_id(job_id, JobNotFound))
    return answer(job_answer(team, job, urls))


@router.patch(
    "/jobs/{job_id}/cancel",
    response_model=list[Job],
    responses=documented(RequestError, JobNotFound, JobNotCancellable, Unavailable),
)
async def cancel_job(
    job_id: UlidPath, resources: Shared, team: MayWriteJobs, urls: RequestUrls
) -> Response:
    """Cancel one job."""
    cancelled = await _cancel_all(resources, team, [check_id(job_id, "job")])
    return answer_all([job_answer(team, job, urls) for job in cancelled])


@router.post(
    "/jobs/cancel",
    response_model=list[Job],
    responses=documented(
        RequestError, InvalidJson, BodyTooLarge, JobNotFound, JobNotCancellable, Unavailable
    ),
    openapi_extra=CANCEL_JOBS,
)
async def cancel_jobs(
    request: Request, resources: Shared, team: MayWriteJobs, urls: RequestUrls
) -> Response:
    """Cancel all of the named jobs, or none if one is unknown or has ended."""
    named = await read_model(request, JobCancellationRequest)
    job_ids = [check_id(job_id, "job") for job_id in named.jobs]
    cancelled = await _cancel_all(resources, team, job_ids)
    return answer_all([job_answer(team, job, urls) for job in cancelled])


def _creation_answer(job: RenderJob, output_url: str) -> JobCreationResponse:
    return JobCreationResponse(
        id=job.id,
        status=JobStatus.QUEUED,
        output_url=output_url,
        stats=JobCreationStats(created_at=job.created_at),
        missing_fonts=job.missing_fonts or None,
    )


async def _cancel_all(resources: Resources, team: str, job_ids: list[str]) -> list[KnownJob]:
    """Cancel these jobs, or none. Raises JobNotFound or JobNotCancellable."""
    jobs = await read_jobs(resources, team, job_ids)
    _check_cancellable(jobs)
    by_batch: defaultdict[str | None, list[KnownJob]] = defaultdict(list)
    for job in jobs:
        by_batch[job.batch_id].append(job)
    singles = by_batch.pop(None, [])
    await asyncio.gather(
        *(cancel_single_job(resources, team, job.id) for job in singles),
        *(
            cancel_batch_jobs(
                resources, team, batch_id, [job.summary.index or 0 for job in members]
            )
            for batch_id, members in by_batch.items()
            if batch_id
        ),
    )
    after = await read_jobs(resources, team, job_ids)
    if len(after) == 1 and after[0].state.status in (JobStatus.FINISHED, JobStatus.ERROR):
        _check_cancellable(after)  # it ended by itself before it could be stopped
    return [job for job in after if job.state.status is JobStatus.CANCELLED]


def _check_cancellable(jobs: list[KnownJob]) -> None:
    ended = [job for job in jobs if job.state.status.is_terminal]
    if ended:
        raise JobNotCancellable(
            f"The job {ended[0].id} has already ended: {ended[0].state.status}.",
            details=[
                FieldError(field=job.id, message=f"has ended: {job.state.status}") for job in ended
            ],
        )
