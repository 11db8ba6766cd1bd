"""The endpoints of jobs."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.http.errors import documented
from api.http.parameters import UlidPath
from api.http.requests import check_id, known_id, parse_json, read_body, read_model
from api.http.responses import answer, answer_all
from api.jobs.cancellation import cancel_with_relatives
from api.jobs.creation import single_submission
from api.jobs.filters import JobListing
from api.jobs.listing import list_jobs
from api.jobs.reading import read_job
from api.jobs.responses import job_answer
from api.openapi.inputs import CANCEL_JOBS, CREATE_JOB
from api.resources import MayReadJobs, MayWriteJobs, RequestUrls, Shared
from api.submission.idempotency import IdempotencyKey, submit_once
from api.submission.schema import error_of
from api.submission.validation import AcceptedJob, judge
from reelbatch.models.errors import (
    BodyTooLarge,
    IdempotencyKeyReused,
    InvalidJson,
    JobNotCancellable,
    JobNotFound,
    RequestError,
    TemplateNotFound,
    Unavailable,
)
from reelbatch.models.ids import new_single_job_id
from reelbatch.models.stored.idempotency import Submission
from reelbatch.models.wire.jobs import Job, JobCancellationRequest, JobCreationResponse

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
    request: Request, resources: Shared, team: MayWriteJobs, urls: RequestUrls, key: IdempotencyKey
) -> Response:
    """Accept one job."""
    body = await read_body(request, resources.settings.max_body_bytes)

    async def submit() -> Submission:
        [judged] = await judge(resources, team, [parse_json(body)])
        if not isinstance(judged, AcceptedJob):
            raise error_of(judged)
        job = judged.render_job(new_single_job_id(), datetime.now(UTC))
        return single_submission(job, judged.creation.webhook, urls)

    return await submit_once(resources, team, key, body, submit)


@router.get(
    "/jobs",
    response_model=list[Job],
    responses=documented(RequestError),
)
async def get_jobs(
    resources: Shared,
    team: MayReadJobs,
    urls: RequestUrls,
    listing: Annotated[JobListing, Query()],
) -> Response:
    """The team's jobs, filtered and sorted."""
    jobs = await list_jobs(resources, team, listing)
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
    cancelled = await cancel_with_relatives(resources, team, [job_id])
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
    cancelled = await cancel_with_relatives(resources, team, job_ids)
    return answer_all([job_answer(team, job, urls) for job in cancelled])
