"""Reads the state of batches and their jobs from workflows, results, or the object store."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from cachetools import LRUCache
from obstore.store import ObjectStore
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode

from api.states import STATUS_MAX_AGE, STATUS_OF_EXECUTION, RunningJobs, ended_state
from api.visibility import Workflows, children_of, note_run
from reelbatch.models.errors import BatchNotFound, Unavailable
from reelbatch.models.ids import batch_job_id, is_batch_id
from reelbatch.models.orchestration.batches import Batch, BatchSnapshot, JobRecord
from reelbatch.models.orchestration.jobs import JobSummary, UnfinishedJob
from reelbatch.models.orchestration.names import batch_workflow_id, job_workflow_id
from reelbatch.models.wire.batches import BatchStats
from reelbatch.models.wire.jobs import JobStatus
from reelbatch.parallel import gather_each
from reelbatch.storage.batches import read_stored_batch, save_batch
from workflows.batch import BatchWorkflow
from workflows.job_states import BatchJobSnapshot, JobState, state_of

log = structlog.get_logger("api")

BatchHandle = WorkflowHandle[BatchWorkflow, BatchSnapshot]

_PARALLEL_READS = 16
QUERY_TIMEOUT = timedelta(seconds=3)
_JOB_BYTES = 4000  # of a job in a snapshot; measured: 3.9 MB for a thousand
_WARNING_BYTES = 800  # measured
_IN_FLIGHT = (JobStatus.PENDING, JobStatus.RENDERING)
_MAX_SHOWN = 20_000  # running jobs
_MAX_BYTES = 128 * 1024**2  # of memory for ended batches, and as much for running ones


@dataclass(frozen=True)
class _Running:
    """A batch as it was last read, and the run of its workflow that reported it."""

    run_id: str
    snapshot: BatchSnapshot


@dataclass(frozen=True)
class _Shown:
    """A started job, with the record that was last shown for it."""

    record: JobRecord  # from the batch
    state: JobState
    combined: JobRecord


class BatchReader:
    """Reads batches, and caches ended ones, which never change."""

    def __init__(self, client: Client, store: ObjectStore) -> None:
        self._client = client
        self._store = store
        self.running = RunningJobs(client)
        self._shown: LRUCache[tuple[str, str, int], _Shown] = LRUCache(_MAX_SHOWN)
        self._closed: LRUCache[str, BatchSnapshot] = LRUCache(_MAX_BYTES, bytes_of)
        self._rebuilt: LRUCache[str, BatchSnapshot] = LRUCache(_MAX_BYTES, bytes_of)
        self._running: LRUCache[str, _Running] = LRUCache(
            _MAX_BYTES, lambda running: bytes_of(running.snapshot)
        )

    def handle(self, team: str, batch_id: str) -> BatchHandle:
        return self._client.get_workflow_handle_for(
            BatchWorkflow.run, batch_workflow_id(team, batch_id)
        )

    async def read(
        self, team: str, batch_id: str, render_max_age: float = STATUS_MAX_AGE
    ) -> BatchSnapshot:
        """The batch in its current state. Raises BatchNotFound."""
        return await self.with_renders(await self.read_recorded(team, batch_id), render_max_age)

    async def with_renders(
        self, recorded: BatchSnapshot, render_max_age: float = STATUS_MAX_AGE
    ) -> BatchSnapshot:
        """The batch with the states of its running jobs, as their workflows report them.

        The states of jobs that render are up to `render_max_age` seconds old.
        """
        started = [at for at, record in enumerate(recorded.records) if record.status in _IN_FLIGHT]
        if not started:
            return recorded
        records = list(recorded.records)
        states = await self.running.recent_states(
            recorded.id, [_workflow_of(recorded, at) for at in started], render_max_age
        )
        for position, state in zip(started, states, strict=True):
            records[position] = self._shown_record(recorded, position, state)
        return recorded.model_copy(update={"records": records})

    def _shown_record(self, recorded: BatchSnapshot, position: int, state: JobState) -> JobRecord:
        """The same object as long as nothing changes, so that responses can be cached by it."""
        key, record = (recorded.team, recorded.id, position), recorded.records[position]
        shown = self._shown.get(key)
        if shown is None or shown.record is not record or shown.state != state:
            combined = record.model_copy(
                update={
                    "status": state.status,
                    "updated_at": state.updated_at,
                    "render": state.render,
                }
            )
            shown = self._shown[key] = _Shown(record, state, combined)
        return shown.combined

    async def read_recorded(self, team: str, batch_id: str) -> BatchSnapshot:
        """The batch as its own workflow records it: there, every started job is rendering.

        Raises BatchNotFound.
        """
        handle = self.handle(team, batch_id)
        closed = self._closed.get(handle.id)
        if closed is not None:
            return closed
        if not is_batch_id(batch_id):
            raise BatchNotFound
        running = self._running.get(handle.id)
        if running and (snapshot := await self._query(handle, running.run_id)):
            return snapshot
        description = await describe(handle)
        if description is None:
            return await self._stored(team, batch_id)
        if description.status is WorkflowExecutionStatus.RUNNING and (
            snapshot := await self._query(handle, description.run_id or "")
        ):
            return snapshot
        snapshot = await self._result(handle, description)
        if snapshot.stats.pending == 0:
            with suppress(ValueError):  # it is too large for the cache
                self._closed[handle.id] = snapshot
        return snapshot

    async def stats(self, team: str, execution: WorkflowExecution) -> BatchStats:
        """The counts of a batch from Visibility: from its memo if it has ended, else by a query."""
        noted = await execution.memo_value("stats", BatchStats(), type_hint=BatchStats)
        batch_id = execution.id.rsplit("/", 1)[-1]
        if execution.status is WorkflowExecutionStatus.RUNNING:
            try:
                return await self.handle(team, batch_id).query(
                    BatchWorkflow.stats,
                    reject_condition=QueryRejectCondition.NOT_OPEN,
                    rpc_timeout=QUERY_TIMEOUT,
                )
            except WorkflowQueryRejectedError:  # it has just ended
                return (await self.read(team, batch_id)).stats
            except (RPCError, WorkflowQueryFailedError):  # no worker, or a very busy one
                _, records = await self._outline(self.handle(team, batch_id), None)
                return count(records, as_of=datetime.now(UTC))
        if noted.pending:  # an operator terminated it before it could note its counts
            return (await self.read(team, batch_id)).stats
        return noted

    async def _stored(self, team: str, batch_id: str) -> BatchSnapshot:
        snapshot = await read_stored_batch(self._store, team, batch_id)
        if snapshot is None:
            raise BatchNotFound
        return snapshot

    async def _query(self, handle: BatchHandle, run_id: str) -> BatchSnapshot | None:
        """The batch as this run of its workflow reports it; None if the run is no longer open."""
        before = self._running.get(handle.id)
        earlier = before.snapshot if before and before.run_id == run_id else None
        run = self._client.get_workflow_handle_for(BatchWorkflow.run, handle.id, run_id=run_id)
        try:
            snapshot = await _ask(run, earlier)
        except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
            if isinstance(error, WorkflowQueryRejectedError) or is_unknown(error):
                self._running.pop(handle.id, None)
                return None
            log.warning("no worker responds for the batch", workflow=handle.id, reason=str(error))
            return await self._rebuild(handle, None)
        if snapshot is not earlier:
            with suppress(ValueError):  # it is too large for the cache
                self._running[handle.id] = _Running(run_id, snapshot)
        return snapshot

    async def _result(
        self, handle: BatchHandle, description: WorkflowExecutionDescription
    ) -> BatchSnapshot:
        """An ended batch, from its result, so that it need not be replayed."""
        try:
            return await handle.result()
        except WorkflowFailureError:  # an operator terminated it
            snapshot = await self._rebuild(handle, description.close_time)
        if snapshot.stats.pending == 0:  # the workflow could not write a manifest itself
            await save_batch(self._store, snapshot)
        return snapshot

    async def _rebuild(self, handle: BatchHandle, closed_at: datetime | None) -> BatchSnapshot:
        """The batch from its last known state, its input and its children, without a worker.

        Jobs that never started count as queued while the batch runs, and otherwise as cancelled.
        """
        batch, outline = await self._outline(handle, closed_at)

        async def whole(record: JobRecord) -> JobRecord:
            return await self._with_end(batch, record) if record.status.is_terminal else record

        records = await gather_each(whole, outline, at_once=_PARALLEL_READS)
        snapshot = BatchSnapshot.of(
            batch,
            closed_at=closed_at,
            stats=count(records, as_of=None if closed_at else datetime.now(UTC)),
            records=records,
        )
        with suppress(ValueError):  # it is too large for the cache
            self._rebuilt[handle.id] = snapshot
        return snapshot

    async def _outline(
        self, handle: BatchHandle, closed_at: datetime | None
    ) -> tuple[Batch, list[JobRecord]]:
        """The batch as it was submitted, and the states of its jobs, perhaps without results.

        Jobs that are known to have ended stay ended.
        """
        batch = await read_input(self._client, handle)
        children: Workflows = {}
        async for child in children_of(self._client, batch):
            note_run(children, child)
        running = self._running.get(handle.id)
        known = (running.snapshot if running else None, self._rebuilt.get(handle.id))
        ended = {
            record.index: record
            for snapshot in known
            if snapshot is not None
            for record in snapshot.records
            if record.status.is_terminal
        }
        return batch, [
            ended.get(job.index)
            or _record(
                job.index,
                children.get(job_workflow_id(job.team, job.id)),
                batch.created_at,
                closed_at,
            )
            for job in batch.jobs
        ]

    async def _with_end(self, batch: Batch, record: JobRecord) -> JobRecord:
        """The record of an ended job, with the result or failure of its workflow."""
        if record.result or record.failure or record.status is JobStatus.CANCELLED:
            return record
        workflow_id = job_workflow_id(batch.team, batch_job_id(batch.id, record.index))
        state = await ended_state(self._client, workflow_id, record.status, record.updated_at)
        unfinished = UnfinishedJob(ended_at=state.updated_at, render=state.render)
        return record.model_copy(
            update={
                "result": state.result,
                "failure": state.failure,
                "unfinished": None if state.result else unfinished,
            }
        )


def jobs_of(snapshot: BatchSnapshot) -> list[BatchJobSnapshot]:
    """The batch's accepted jobs in the order of the request."""
    return [job_at(snapshot, position) for position in range(len(snapshot.records))]


def job_at(snapshot: BatchSnapshot, position: int) -> BatchJobSnapshot:
    """The job at `position` among the batch's accepted jobs."""
    summary, record = snapshot.summaries[position], snapshot.records[position]
    return BatchJobSnapshot(
        id=batch_job_id(snapshot.id, record.index),
        batch_id=snapshot.id,
        index=record.index,
        summary=summary,
        state=state_of(record, summary),
    )


def _workflow_of(recorded: BatchSnapshot, position: int) -> tuple[str, JobSummary]:
    """The workflow id and the summary of the job at `position`."""
    job_id = batch_job_id(recorded.id, recorded.records[position].index)
    return job_workflow_id(recorded.team, job_id), recorded.summaries[position]


async def _ask(run: BatchHandle, earlier: BatchSnapshot | None) -> BatchSnapshot:
    """Query the whole batch, or only its changes since it was last read: polling stays cheap."""
    if earlier is None:
        return await run.query(
            BatchWorkflow.snapshot,
            reject_condition=QueryRejectCondition.NOT_OPEN,
            rpc_timeout=QUERY_TIMEOUT,
        )
    changes = await run.query(
        BatchWorkflow.changes,
        earlier.revision,
        reject_condition=QueryRejectCondition.NOT_OPEN,
        rpc_timeout=QUERY_TIMEOUT,
    )
    return earlier.with_changes(changes)


def bytes_of(snapshot: BatchSnapshot) -> int:
    """The approximate size in memory, with the texts that may be long."""
    tags = sum(len(tag) for summary in snapshot.summaries for tag in summary.tags)
    tags += sum(len(summary.name or "") for summary in snapshot.summaries)
    failures = sum(len(record.failure.error) for record in snapshot.records if record.failure)
    warnings = sum(len(summary.warnings) for summary in snapshot.summaries)
    details = sum(len(found.message) for error in snapshot.errors for found in error.details)
    jobs = 1 + len(snapshot.records) + len(snapshot.errors)
    return _JOB_BYTES * jobs + _WARNING_BYTES * warnings + tags + failures + details


def is_unknown(error: Exception) -> bool:
    """Return whether Temporal says that there is no such workflow."""
    return isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND


async def describe(handle: WorkflowHandle[Any, Any]) -> WorkflowExecutionDescription | None:
    """The workflow's description; None if there is no such workflow."""
    try:
        return await handle.describe()
    except RPCError as error:
        if is_unknown(error):
            return None
        raise


async def read_input(client: Client, handle: BatchHandle) -> Batch:
    """The batch as it was submitted. Raises Unavailable if its history has just been deleted."""
    async for event in handle.fetch_history_events(page_size=1):
        started = event.workflow_execution_started_event_attributes
        [batch] = await client.data_converter.decode(started.input.payloads, [Batch])
        return batch
    raise Unavailable(f"The history of {handle.id} cannot be read; try again.")


def count(records: Sequence[JobRecord], *, as_of: datetime | None = None) -> BatchStats:
    def number(*statuses: JobStatus) -> int:
        return sum(record.status in statuses for record in records)

    finished = number(JobStatus.FINISHED)
    error = number(JobStatus.ERROR, JobStatus.CANCELLED)
    return BatchStats(
        total=len(records),
        finished=finished,
        error=error,
        pending=len(records) - finished - error,
        cancelled=number(JobStatus.CANCELLED),
        as_of=as_of,
    )


def _record(
    index: int,
    child: WorkflowExecution | None,
    created_at: datetime,
    closed_at: datetime | None,
) -> JobRecord:
    if child is None or child.status is None:
        status = JobStatus.CANCELLED if closed_at else JobStatus.QUEUED
        return JobRecord(index=index, status=status, updated_at=closed_at or created_at)
    return JobRecord(
        index=index,
        status=STATUS_OF_EXECUTION.get(child.status, JobStatus.ERROR),
        updated_at=child.close_time or child.start_time,
    )
