"""POST /batches/{id}/retry: the failed or cancelled jobs of a batch once more, as a new batch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.batches.creation import creation_answer, kinds_of
from api.batches.reading import describe, read_input
from api.http.errors import documented
from api.http.parameters import UlidPath
from api.resources import MayWriteJobs, RequestUrls, Resources, Shared
from api.submission.idempotency import IdempotencyKey, submit_once
from api.submission.webhook_records import renewed_webhooks
from reelbatch.models.errors import (
    BatchNotFound,
    Gone,
    IdempotencyKeyReused,
    NothingToRetry,
    RequestError,
    Unavailable,
)
from reelbatch.models.ids import batch_job_id, new_batch_id, new_nested_job_id
from reelbatch.models.orchestration.batches import Batch, BatchSnapshot
from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.stored.idempotency import Submission
from reelbatch.models.wire.batches import BatchCreationResponse
from reelbatch.models.wire.jobs import JobStatus
from reelbatch.storage import keys

router = APIRouter(tags=["batches"])

Only = Annotated[Literal["error", "cancelled", "all"], Query(description="Which jobs.")]

_CHOICES = {
    "error": (JobStatus.ERROR,),
    "cancelled": (JobStatus.CANCELLED,),
    "all": (JobStatus.ERROR, JobStatus.CANCELLED),
}


@router.post(
    "/batches/{batch_id}/retry",
    status_code=201,
    response_model=BatchCreationResponse,
    responses=documented(
        RequestError, BatchNotFound, NothingToRetry, Gone, IdempotencyKeyReused, Unavailable
    ),
)
async def retry_batch(
    batch_id: UlidPath,
    resources: Shared,
    team: MayWriteJobs,
    urls: RequestUrls,
    key: IdempotencyKey,
    only: Only = "all",
) -> Response:
    """Render the failed and cancelled jobs again, or with `only` just the one kind.

    They keep their indexes and their inputs, and have new ids.
    """

    async def submit() -> Submission:
        earlier, snapshot = await _read(resources, team, batch_id)
        batch = _again(earlier, _indexes(snapshot, _CHOICES[only]))
        batch, webhooks = await renewed_webhooks(resources.store, earlier, batch, urls)
        answer = creation_answer(batch, urls).model_copy(update={"retry_of": batch_id})
        return Submission(
            status_code=201,
            answer=answer.model_dump_json(by_alias=True),
            batch=batch,
            webhooks=webhooks,
        )

    return await submit_once(resources, team, key, f"only={only}".encode(), submit)


async def _read(resources: Resources, team: str, batch_id: str) -> tuple[Batch, BatchSnapshot]:
    """The batch as it was submitted and as it stands.

    Raises BatchNotFound, NothingToRetry or Gone.
    """
    snapshot = await resources.batches.read(team, batch_id)
    if not snapshot.records:
        raise NothingToRetry("The batch has no jobs: all of them were rejected.")
    handle = resources.batches.handle(team, batch_id)
    if await describe(handle) is None:
        raise Gone("The inputs of this batch are no longer kept; send its jobs again.")
    return await read_input(resources.client, handle), snapshot


def _indexes(snapshot: BatchSnapshot, statuses: Sequence[JobStatus]) -> set[int]:
    """Raises NothingToRetry."""
    found = {record.index for record in snapshot.records if record.status in statuses}
    if not found:
        words = " or ".join(statuses)
        pending = snapshot.stats.pending
        later = f" {pending} have not ended yet: try again later." if pending else ""
        raise NothingToRetry(f"No job of the batch has the status {words}.{later}")
    return found


def _again(earlier: Batch, indexes: set[int]) -> Batch:
    batch_id, now = new_batch_id(), datetime.now(UTC)
    jobs = [_job_again(job, batch_id, now) for job in earlier.jobs if job.index in indexes]
    changes = {"id": batch_id, "created_at": now, "jobs": jobs, "kinds": kinds_of(jobs)}
    return earlier.model_copy(update={**changes, "errors": []})


def _job_again(job: RenderJob, batch_id: str, now: datetime) -> RenderJob:
    job_id = batch_job_id(batch_id, job.index or 0)
    children = [
        child.model_copy(
            update={"job": _renewed(child.job, new_nested_job_id(), now, parent_id=job_id)}
        )
        for child in job.children or ()
    ]
    return _renewed(job, job_id, now, batch_id=batch_id, children=children or None)


def _renewed(job: RenderJob, job_id: str, now: datetime, **changes: object) -> RenderJob:
    output_key = keys.output(job.team, job_id, job.output.extension)
    return job.model_copy(
        update={"id": job_id, "output_key": output_key, "created_at": now, **changes}
    )
