"""Cancelling jobs: ask, wait until they have stopped, and say what came of it."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from uuid import uuid4

from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode

from api.batches.reading import QUERY_TIMEOUT, BatchHandle, describe
from api.jobs.reading import job_handle
from api.resources import Resources
from reelbatch.models.errors import Unavailable
from reelbatch.models.orchestration.batches import BatchSnapshot, Cancellation, CancellationOutcome
from workflows.batch import BatchWorkflow

_TIMED_OUT = (RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED)

_PATIENCE = 10.0  # seconds until the answer is given with what has stopped by then
_MOST_UNANSWERED = 2  # queries in a row
_FIRST_POLL, _LONGEST_POLL = 0.1, 0.5  # seconds between two looks


async def cancel_batch_jobs(
    resources: Resources, team: str, batch_id: str, indexes: Sequence[int] | None = None
) -> tuple[BatchSnapshot, set[int]]:
    """Cancel the jobs at `indexes`, or all; the batch after it, and the indexes of those that
    this very request cancelled. Raises BatchNotFound, or Unavailable if no worker answers.
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
    for kept in snapshot.cancellations:
        if kept.request_id == request.request_id:
            outcome = kept
    return snapshot, set(outcome.cancelled) if outcome else set()


async def cancel_single_job(resources: Resources, team: str, job_id: str) -> None:
    """Cancel a job that belongs to no batch, and wait until it has ended, however it did."""
    handle = job_handle(resources.client, team, job_id)
    try:
        await handle.cancel()
        await asyncio.wait_for(handle.result(), _PATIENCE)
    except (WorkflowFailureError, TimeoutError):
        return
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:  # it had ended
            raise


async def _signal(handle: BatchHandle, request: Cancellation) -> bool:
    """Whether the batch was still open to hear it."""
    try:
        await handle.signal(BatchWorkflow.cancel, request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def _settled(handle: BatchHandle, request_id: str) -> CancellationOutcome | None:
    """Wait until everything that the request touched has stopped, the batch has ended, or too
    long. None if the batch ended first: its result has the outcome. Raises Unavailable.
    """
    deadline, pause = monotonic() + _PATIENCE, _FIRST_POLL
    outcome: CancellationOutcome | None = None
    unanswered = 0
    while monotonic() < deadline and unanswered < _MOST_UNANSWERED:
        try:
            outcome = await _look(handle, request_id)
            unanswered = 0
        except WorkflowQueryRejectedError:
            return None
        except (RPCError, WorkflowQueryFailedError):  # no worker, or a very busy one
            unanswered += 1
        if outcome is not None and outcome.settled:
            return outcome
        await asyncio.sleep(pause)
        pause = min(1.5 * pause, _LONGEST_POLL)
    if outcome is None:
        raise Unavailable(
            "The cancellation is recorded and will happen, but no worker answers now: "
            "read the batch later to see what it did."
        )
    return outcome


async def _look(handle: BatchHandle, request_id: str) -> CancellationOutcome | None:
    return await handle.query(
        BatchWorkflow.cancellation,
        request_id,
        reject_condition=QueryRejectCondition.NOT_OPEN,
        rpc_timeout=QUERY_TIMEOUT,
    )
