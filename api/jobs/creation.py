"""What it takes to create a single job, and what its creation answers. No I/O."""

from api.submission.webhook_records import announced, webhook_records
from api.urls import Urls
from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.stored.idempotency import Submission
from reelbatch.models.wire.jobs import (
    ChildCreated,
    JobCreationResponse,
    JobCreationStats,
    JobStatus,
)
from reelbatch.models.wire.webhooks import Webhook


def single_submission(job: RenderJob, webhook: Webhook | None, urls: Urls) -> Submission:
    """The creation of a job that belongs to no batch."""
    job = announced(job, webhook, urls)
    return Submission(
        status_code=201,
        answer=_job_creation_answer(job, urls).model_dump_json(by_alias=True),
        job=job,
        webhooks=webhook_records(job.team, job.id, webhook, job.created_at),
    )


def _job_creation_answer(job: RenderJob, urls: Urls) -> JobCreationResponse:
    return JobCreationResponse(
        id=job.id,
        status=first_status(job),
        output_url=urls.of_new_job(job),
        stats=JobCreationStats(created_at=job.created_at),
        missing_fonts=job.missing_fonts or None,
        children=children_created(job, urls),
    )


def first_status(job: RenderJob) -> JobStatus:
    return JobStatus.PENDING if job.children else JobStatus.QUEUED


def children_created(job: RenderJob, urls: Urls) -> list[ChildCreated] | None:
    """The nested jobs, in the order of their assets; None where there are none."""
    return [
        ChildCreated(
            id=child.job.id,
            status=JobStatus.QUEUED,
            output_url=urls.of_new_job(child.job),
            missing_fonts=child.job.missing_fonts or None,
        )
        for child in job.children or ()
    ] or None
