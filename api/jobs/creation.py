"""POST /jobs: one job that belongs to no batch."""

import asyncio
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api.http.errors import documented
from api.http.requests import parse_json, read_body
from api.http.responses import respond
from api.openapi.inputs import CREATE_JOB
from api.resources import MayWriteJobs, RequestUrls, Shared
from api.submission.formats import JobDefaults
from api.submission.launch import (
    IdempotencyKey,
    children_created,
    launch_job,
    once,
    webhook_records,
    with_webhook,
)
from api.submission.validation import RejectedJob, validate
from api.urls import Urls
from reelbatch.models.errors import (
    BodyTooLarge,
    IdempotencyKeyReused,
    InvalidJson,
    QuotaExceeded,
    RequestError,
    TemplateNotFound,
    Unavailable,
)
from reelbatch.models.ids import new_single_job_id
from reelbatch.models.orchestration.jobs import RenderJob, shortcomings_of
from reelbatch.models.problems import error_of
from reelbatch.models.stored.idempotency import JobSubmission
from reelbatch.models.wire.jobs import JobCreationResponse, JobCreationStats
from reelbatch.models.wire.webhooks import Webhook

router = APIRouter(tags=["jobs"])

CREATION_ERRORS = documented(
    RequestError,
    InvalidJson,
    BodyTooLarge,
    QuotaExceeded,
    TemplateNotFound,
    IdempotencyKeyReused,
    Unavailable,
)


@router.post(
    "/jobs",
    status_code=201,
    response_model=JobCreationResponse,
    responses=CREATION_ERRORS,
    openapi_extra=CREATE_JOB,
)
async def create_job(
    request: Request, resources: Shared, team: MayWriteJobs, urls: RequestUrls, key: IdempotencyKey
) -> Response:
    """Create one job that belongs to no batch."""
    body = await read_body(request, resources.settings.limit_of("body"))
    async with once(resources, team, key, body, JobSubmission) as attempt:
        submission = attempt.earlier
        if submission is None:
            async with resources.parsing:
                sent = await asyncio.to_thread(parse_json, body)
            [validated] = await validate(resources, team, [sent], JobDefaults())
            if isinstance(validated, RejectedJob):
                raise error_of(validated.problems)
            job = validated.render_job(new_single_job_id(), datetime.now(UTC))
            submission = await attempt.save(job_submission(job, validated.webhook, urls))
        await launch_job(resources, submission)
    return respond(creation_response(submission.job, urls), 201, attempt.headers)


def job_submission(job: RenderJob, webhook: Webhook | None, urls: Urls) -> JobSubmission:
    return JobSubmission(
        job=with_webhook(job, webhook, urls),
        webhooks=webhook_records(job.team, job.id, webhook, job.created_at),
    )


def creation_response(job: RenderJob, urls: Urls) -> JobCreationResponse:
    output_url = urls.of_new_job(job)
    return JobCreationResponse(
        id=job.id,
        status=job.first_status,
        output_url=output_url,
        poster_url=job.poster_url(output_url),
        renderer=job.renderer,
        stats=JobCreationStats(created_at=job.created_at),
        **shortcomings_of(job),
        children=children_created(job, urls),
    )
