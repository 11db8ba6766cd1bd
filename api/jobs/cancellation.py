"""Cancelling jobs: request it, wait until they have stopped, and report the outcome.

A nested job is cancelled together with its parent and siblings, because the parent cannot be
rendered without it (contract 3.9). So the request always goes to the top-level job, whose workflow
stops the nested ones.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode

from api.http.errors import documented
from api.http.parameters import UlidPath
from api.http.requests import check_id, read_model
from api.http.responses import respond_all
from api.jobs.reading import job_handle, job_response, read_children, read_jobs
from api.openapi.inputs import CANCEL_JOBS
from api.resources import MayWriteJobs, RequestUrls, Resources, Shared
from api.snapshots import QUERY_TIMEOUT, BatchHandle, describe
from reelbatch.models.errors import (
    BodyTooLarge,
    InvalidJson,
    JobNotCancellable,
    JobNotFound,
    RequestError,
    Unavailable,
)
from reelbatch.models.ids import batch_job_id, place_of_job
from reelbatch.models.orchestration.batches import BatchSnapshot, Cancellation, CancellationOutcome
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.jobs import Job, JobCancellationRequest, JobStatus
from workflows.batch import BatchWorkflow
from workflows.job_states import JobSnapshot

router = APIRouter(tags=["jobs"])

_PATIENCE = 10.0  # seconds to wait for jobs to stop before the response is sent
_MAX_FAILURES = 2  # of queries in a row
_FIRST_POLL, _LONGEST_POLL = 0.1, 0.5  # seconds between two queries


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
    return respond_all([job_response(team, job, urls) for job in cancelled])


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
    """Cancel several jobs, or none of them if one is unknown or has ended."""
    named = await read_model(request, JobCancellationRequest)
    job_ids = [check_id(job_id, "job") for job_id in named.jobs]
    cancelled = await cancel_with_relatives(resources, team, job_ids)
    return respond_all([job_response(team, job, urls) for job in cancelled])


async def cancel_with_relatives(
    resources: Resources, team: str, job_ids: list[str]
) -> list[JobSnapshot]:
    """Cancel these jobs with their relatives, or none of them.

    Returns all cancelled jobs, the named ones first. Raises JobNotFound or JobNotCancellable.
    """
    named = await read_jobs(resources, team, job_ids)
    _check_cancellable(named)
    top_ids = list(dict.fromkeys(job.summary.parent_id or job.id for job in named))
    before = {job.id: job for job in [*named, *await _families(resources, team, top_ids, named)]}
    claimed = await _cancel(resources, team, top_ids)
    top = await read_jobs(resources, team, top_ids)
    after = {job.id: job for job in await _families(resources, team, top_ids, top)}
    cancelled = [
        after[job_id]
        for job_id, job in before.items()
        if not job.state.status.is_terminal
        and after[job_id].state.status is JobStatus.CANCELLED
        and (job.summary.parent_id or job_id) in claimed
    ]
    if len(named) == 1 and not cancelled:
        _check_cancellable([after[named[0].id]])  # it ended by itself, or by another request
    return cancelled


async def _families(
    resources: Resources, team: str, top_ids: Sequence[str], known: Sequence[JobSnapshot]
) -> list[JobSnapshot]:
    """The top-level jobs, reading those that are not `known`, and their nested jobs."""
    found = {job.id: job for job in known}
    missing = [job_id for job_id in top_ids if job_id not in found]
    found |= {job.id: job for job in await read_jobs(resources, team, missing)}
    top = [found[job_id] for job_id in top_ids]
    return [*top, *await read_children(resources, team, top)]


async def _cancel(resources: Resources, team: str, top_ids: Sequence[str]) -> set[str]:
    """Cancel top-level jobs, those of one batch together.

    Returns the ids of the jobs that this particular request cancelled.
    """
    singles: list[str] = []
    by_batch: defaultdict[str, list[int]] = defaultdict(list)
    for job_id in top_ids:
        place = place_of_job(job_id)
        if place is None or place.batch_id is None or place.index is None:
            singles.append(job_id)
        else:
            by_batch[place.batch_id].append(place.index)

    async def of_batch(batch_id: str) -> set[str]:
        _, indexes = await cancel_batch_jobs(resources, team, batch_id, by_batch[batch_id])
        return {batch_job_id(batch_id, index) for index in indexes}

    claimed = await asyncio.gather(
        *(_cancel_single_job(resources, team, job_id) for job_id in singles),
        *map(of_batch, by_batch),
    )
    return set[str]().union(*claimed)


def _check_cancellable(jobs: Sequence[JobSnapshot]) -> None:
    ended = [job for job in jobs if job.state.status.is_terminal]
    if ended:
        raise JobNotCancellable(
            f"The job {ended[0].id} has already ended: {ended[0].state.status}.",
            details=[
                FieldError(field=job.id, message=f"has ended: {job.state.status}") for job in ended
            ],
        )


async def cancel_batch_jobs(
    resources: Resources, team: str, batch_id: str, indexes: Sequence[int] | None = None
) -> tuple[BatchSnapshot, set[int]]:
    """Cancel the jobs at `indexes`, or all jobs.

    Returns the batch afterwards, and the indexes of the jobs that this particular request
    cancelled. Raises BatchNotFound, or Unavailable if no worker responds.
    """
    handle = resources.batches.handle(team, batch_id)
    description = await describe(handle)
    if description is None or description.status is not WorkflowExecutionStatus.RUNNING:
        return await resources.batches.read(team, batch_id), set()
    request = Cancellation(
        request_id=uuid4().hex, indexes=None if indexes is None else list(indexes)
    )
    if not await _signal(handle, request):
        return await resources.batches.read(team, batch_id), set()
    outcome = await _settled(handle, request.request_id)
    snapshot = await resources.batches.read(team, batch_id)
    for settled in snapshot.cancellations:
        if settled.request_id == request.request_id:
            outcome = settled
    return snapshot, set(outcome.cancelled) if outcome else set()


async def _cancel_single_job(resources: Resources, team: str, job_id: str) -> set[str]:
    """Cancel a job that belongs to no batch, and wait until it has ended in any way.

    Returns its id if this request was the first to cancel it.
    """
    handle = job_handle(resources.client, team, job_id)
    reason = f"request {uuid4().hex}"
    try:
        await handle.cancel(reason=reason)
        with suppress(WorkflowFailureError, TimeoutError):
            await asyncio.wait_for(handle.result(), _PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:  # it had ended
            return set()
        raise
    async for event in handle.fetch_history_events():
        if event.HasField("workflow_execution_cancel_requested_event_attributes"):
            first = event.workflow_execution_cancel_requested_event_attributes
            return {job_id} if first.cause == reason else set()
    return set()


async def _signal(handle: BatchHandle, request: Cancellation) -> bool:
    """Send the request; False if the batch has already ended."""
    try:
        await handle.signal(BatchWorkflow.cancel, request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def _settled(handle: BatchHandle, request_id: str) -> CancellationOutcome | None:
    """Wait until all jobs of the request have stopped, the batch has ended, or time is up.

    Returns None if the batch ended first: its result has the outcome. Raises Unavailable.
    """
    deadline, pause = monotonic() + _PATIENCE, _FIRST_POLL
    outcome: CancellationOutcome | None = None
    failures = 0
    while monotonic() < deadline and failures < _MAX_FAILURES:
        try:
            outcome = await _query_outcome(handle, request_id)
            failures = 0
        except WorkflowQueryRejectedError:
            return None
        except (RPCError, WorkflowQueryFailedError):  # no worker, or a very busy one
            failures += 1
        if outcome is not None and outcome.settled:
            return outcome
        await asyncio.sleep(pause)
        pause = min(1.5 * pause, _LONGEST_POLL)
    if outcome is None:
        raise Unavailable(
            "The cancellation is recorded and will take effect, but no worker is responding: "
            "read the batch later to see the outcome."
        )
    return outcome


async def _query_outcome(handle: BatchHandle, request_id: str) -> CancellationOutcome | None:
    return await handle.query(
        BatchWorkflow.cancellation,
        request_id,
        reject_condition=QueryRejectCondition.NOT_OPEN,
        rpc_timeout=QUERY_TIMEOUT,
    )
