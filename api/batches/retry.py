"""POST /batches/{id}/retry: renders failed or cancelled jobs of a batch again, as a new batch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query, Response
from obstore.store import ObjectStore
from pydantic import Field

from api.batches.creation import creation_response, kinds_of
from api.http.errors import documented
from api.http.parameters import OrEmpty, Ulid, UlidPath
from api.http.responses import respond
from api.resources import MayWriteJobs, RequestUrls, Resources, Shared
from api.snapshots import describe, read_input
from api.submission.launch import (
    IdempotencyKey,
    launch_batch,
    once,
    webhook_records,
    with_webhook,
)
from api.urls import Urls
from reelbatch.models.errors import (
    BatchNotFound,
    Gone,
    IdempotencyKeyReused,
    NothingToRetry,
    RequestError,
    Unavailable,
)
from reelbatch.models.ids import (
    MAX_BATCH_JOBS,
    batch_job_id,
    new_batch_id,
    new_nested_job_id,
)
from reelbatch.models.orchestration.batches import Batch, BatchSnapshot
from reelbatch.models.orchestration.jobs import BatchRenderJob, RenderJob
from reelbatch.models.orchestration.webhooks import PendingWebhook
from reelbatch.models.stored.idempotency import BatchSubmission
from reelbatch.models.stored.tables import BatchTable
from reelbatch.models.wire.batches import BatchCreationResponse
from reelbatch.models.wire.jobs import JobStatus
from reelbatch.models.wire.webhooks import Webhook
from reelbatch.parallel import gather_each
from reelbatch.storage import keys
from reelbatch.storage.batches import read_batch_table
from reelbatch.storage.uploaded_files import mark_used
from reelbatch.storage.webhooks import read_webhook

router = APIRouter(tags=["batches"])

Only = Annotated[Literal["error", "cancelled", "all"], Query(description="Which jobs to retry.")]
FirstBatch = Annotated[
    OrEmpty[Ulid],
    Query(
        alias="submission",
        description="The id of the first new batch, if several batches of one table are retried.",
    ),
]
Indexes = Annotated[
    list[Annotated[int, Field(ge=0, le=MAX_BATCH_JOBS - 1)]] | None,
    Query(alias="index", max_length=MAX_BATCH_JOBS, description="Only the jobs at these indexes."),
]
J = TypeVar("J", bound=RenderJob)

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
    first: FirstBatch = None,
    chosen: Indexes = None,
) -> Response:
    """Render the failed and cancelled jobs of a batch again, as a new batch.

    `only` selects one of the two kinds, and `index` individual jobs. They keep their indexes and
    inputs, and get new ids.
    """
    parts = [f"only={only}", f"submission={first}" if first else "", *map(str, chosen or ())]
    identity = "&".join(filter(None, parts)).encode()
    async with once(resources, team, key, identity, BatchSubmission) as attempt:
        submission = attempt.earlier
        if submission is None:
            earlier, snapshot = await _read(resources, team, batch_id)
            indexes = _indexes(snapshot, _CHOICES[only], chosen)
            submission = await attempt.save(
                await _retried_batch(resources.store, earlier, indexes, urls, first)
            )
        await launch_batch(resources, submission)
    response = creation_response(submission.batch, urls, retry_of=batch_id)
    return respond(response, 201, attempt.headers)


async def _read(resources: Resources, team: str, batch_id: str) -> tuple[Batch, BatchSnapshot]:
    """The batch as it was submitted, and its current state.

    Raises BatchNotFound, NothingToRetry or Gone.
    """
    snapshot = await resources.batches.read(team, batch_id)
    if not snapshot.records:
        raise NothingToRetry("The batch has no jobs: all of them were rejected.")
    if snapshot.preview:
        raise NothingToRetry("Previews cannot be retried: send them to POST /previews again.")
    handle = resources.batches.handle(team, batch_id)
    if await describe(handle) is None:
        raise Gone("The inputs of this batch are no longer stored: send its jobs again.")
    return await read_input(resources.client, handle), snapshot


def _indexes(
    snapshot: BatchSnapshot, statuses: Sequence[JobStatus], chosen: Sequence[int] | None
) -> set[int]:
    """The jobs with one of the statuses, of all jobs or of the `chosen` ones.

    Raises NothingToRetry if there are none.
    """
    found = {record.index for record in snapshot.records if record.status in statuses}
    found &= set(chosen) if chosen else found
    if not found:
        words, which = " or ".join(statuses), "at these indexes" if chosen else "of the batch"
        pending = snapshot.stats.pending
        later = f" {pending} have not ended yet: try again later." if pending else ""
        raise NothingToRetry(f"No job {which} has the status {words}.{later}")
    return found


async def _retried_batch(
    store: ObjectStore, earlier: Batch, indexes: set[int], urls: Urls, first: str | None
) -> BatchSubmission:
    """A new batch of the jobs at `indexes`, with their webhooks and that of the batch.

    `first` is the id of the first new batch of the same table.
    """
    team, batch_id, now = earlier.team, new_batch_id(), datetime.now(UTC)

    async def webhook_of(thing: Batch | BatchRenderJob) -> Webhook | None:
        if thing.webhook is None:
            return None
        record = await read_webhook(store, team, thing.id)
        return record.webhook if record else None

    retried = [job for job in earlier.jobs if job.index in indexes]
    own, *of_jobs = await gather_each(webhook_of, [earlier, *retried])
    webhooks = webhook_records(team, batch_id, own, now)
    jobs: list[BatchRenderJob] = []
    for job, webhook in zip(retried, of_jobs, strict=True):
        jobs.append(with_webhook(_retried_job(job, batch_id, now), webhook, urls))
        webhooks += webhook_records(team, jobs[-1].id, webhook, now)
    await mark_used(store, team, {id_ for job in jobs for id_ in job.upload_ids})
    batch = Batch(
        team=team,
        id=batch_id,
        name=earlier.name,
        submission=first,
        first_row=earlier.first_row,
        outputs=earlier.outputs,
        created_at=now,
        jobs=jobs,
        concurrency=earlier.concurrency,
        kinds=kinds_of(jobs),
        webhook=PendingWebhook(receiver=own.receiver) if own else None,
    )
    table = await read_batch_table(store, team, earlier.id)
    if table is not None:
        table = BatchTable(
            columns=table.columns,
            rows={index: row for index, row in table.rows.items() if index in indexes},
        )
    return BatchSubmission(batch=batch, webhooks=webhooks, table=table)


def _retried_job(job: BatchRenderJob, batch_id: str, now: datetime) -> BatchRenderJob:
    job_id = batch_job_id(batch_id, job.index)
    children = [
        child.model_copy(
            update={"job": _renewed(child.job, new_nested_job_id(), now, parent_id=job_id)}
        )
        for child in job.children or ()
    ]
    return _renewed(job, job_id, now, batch_id=batch_id, children=children or None, webhook=None)


def _renewed(job: J, job_id: str, now: datetime, **changes: object) -> J:
    output_key = keys.output(job.team, job_id, job.output.extension)
    return job.model_copy(
        update={"id": job_id, "output_key": output_key, "created_at": now, **changes}
    )
