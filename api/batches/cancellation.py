"""POST /batches/{id}/cancel: cancels all jobs of a batch that have not ended."""

from fastapi import APIRouter, Response

from api.http.errors import documented
from api.http.parameters import UlidPath
from api.http.responses import respond
from api.jobs.cancellation import cancel_batch_jobs
from api.jobs.reading import job_response, read_children
from api.resources import MayWriteJobs, RequestUrls, Shared
from api.snapshots import jobs_of
from reelbatch.models.errors import BatchNotFound, RequestError, Unavailable
from reelbatch.models.wire.batches import BatchCancellationResponse, JobCancellation
from reelbatch.models.wire.jobs import JobStatus
from workflows.job_states import BatchJobSnapshot, JobSnapshot

router = APIRouter(tags=["batches"])


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
    stopped: list[JobSnapshot] = [job for job in jobs if job.index in cancelled]
    nested = await read_children(resources, team, stopped)
    stopped += [job for job in nested if job.state.status is JobStatus.CANCELLED]
    return respond(
        BatchCancellationResponse(
            batch_id=snapshot.id,
            total_jobs=len(jobs),
            jobs=[_cancellation(job, cancelled) for job in jobs],
            cancelled_jobs=[job_response(team, job, urls) for job in stopped],
        )
    )


def _cancellation(job: BatchJobSnapshot, cancelled: set[int]) -> JobCancellation:
    index, status = job.index, job.state.status
    if index in cancelled:
        return JobCancellation(index=index, id=job.id, result="cancelled", status=status)
    reason = f"The job had already ended: {status}."
    if not status.is_terminal:
        reason = "The job is still stopping; read the batch again in a moment."
    return JobCancellation(index=index, id=job.id, result="skipped", status=status, reason=reason)
