"""The ledger of a batch: the state of each job and the outcome of each cancellation.

It is bookkeeping without Temporal, so that it can be tested alone and the workflow stays readable.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from reelbatch.models.orchestration.batches import (
    Batch,
    BatchChanges,
    BatchSnapshot,
    Cancellation,
    CancellationOutcome,
    JobRecord,
    StoppedRender,
)
from reelbatch.models.orchestration.jobs import JobFailure, RenderResult, UnfinishedJob
from reelbatch.models.orchestration.names import job_workflow_id
from reelbatch.models.wire.batches import BatchStats
from reelbatch.models.wire.jobs import JobStatus
from workflows.markdown import plain


@dataclass
class _Request:
    """One cancellation."""

    touched: list[int] = field(default_factory=list[int])  # positions of jobs that had not ended
    claimed: list[int] = field(default_factory=list[int])  # those that no earlier request touched
    skipped: list[int] = field(default_factory=list[int])  # indexes of jobs that had ended


class Ledger:
    """The state of a batch.

    A position is a job's place among the accepted jobs; an index is its place in the request.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.records = [
            JobRecord(index=job.index, status=JobStatus.QUEUED, updated_at=batch.created_at)
            for job in batch.jobs
        ]
        self.stats = BatchStats(total=len(batch.jobs), pending=len(batch.jobs))
        self.reused = 0  # finished jobs that reuse an equal job's render
        self.closed_at: datetime | None = None
        self._revision = 0  # counts the changes of records
        self._changed_at = [0] * len(batch.jobs)  # the revision of each record's last change
        self._position_of = {record.index: at for at, record in enumerate(self.records)}
        self._failed: list[int] = []  # positions, ascending
        self._never_started: list[int] = []  # positions of jobs cancelled while queued
        self._queue = deque(range(len(batch.jobs)))
        self._kinds = batch.kinds or list(range(len(batch.jobs)))
        self._in_flight: dict[int, int] = {}  # the kinds of running jobs, by position
        self._requests: dict[str, _Request] = {}
        self._claimed: set[int] = set()  # positions of jobs that a cancellation has touched
        self._stopped: dict[int, UnfinishedJob] = {}  # progress of cancelled jobs, by position
        self.webhooks_due: deque[int] = deque()
        """Jobs whose own workflow cannot send their webhook, so the batch must."""

    def take_webhooks_due(self, most: int) -> list[int]:
        """Take up to `most` positions from the front of `webhooks_due`."""
        return [self.webhooks_due.popleft() for _ in range(min(most, len(self.webhooks_due)))]

    def take_next(self, now: datetime) -> int | None:
        """Mark the next queued job as rendering, or as pending if it waits for nested jobs.

        Returns its position, or None if no job is queued.
        """
        while self._queue:
            position = self._take_from_queue()
            if self.records[position].status is JobStatus.QUEUED:
                self._in_flight[position] = self._kinds[position]
                waits = bool(self.batch.jobs[position].children)
                status = JobStatus.PENDING if waits else JobStatus.RENDERING
                self._update(position, now, status=status)
                return position
        return None

    def _take_from_queue(self) -> int:
        """Take the first job, but skip jobs that would wait for an equal job's render.

        Waiting jobs would fill the batch's window.
        """
        if self.batch.kinds is None:
            return self._queue.popleft()
        busy = set(self._in_flight.values())
        chosen = next((at for at in self._queue if self._kinds[at] not in busy), self._queue[0])
        self._queue.remove(chosen)
        return chosen

    def begin_rendering(self, index: int, now: datetime) -> None:
        """Mark a pending job as rendering: its nested jobs have finished."""
        position = self._position_of[index]
        if self.records[position].status is JobStatus.PENDING:
            self._update(position, now, status=JobStatus.RENDERING)

    def finish(self, position: int, result: RenderResult, now: datetime) -> None:
        self._update(position, now, status=JobStatus.FINISHED, result=result)
        self._count(finished=1)
        if result.reused_from:
            self.reused += 1

    def fail(
        self,
        position: int,
        failure: JobFailure,
        now: datetime,
        *,
        unfinished: UnfinishedJob | None = None,
    ) -> None:
        self._update(position, now, status=JobStatus.ERROR, failure=failure, unfinished=unfinished)
        insort(self._failed, position)
        self._count(error=1)

    def note_stopped(self, stopped: StoppedRender) -> None:
        """Note the progress of a job that is about to end as cancelled."""
        self._stopped[self._position_of[stopped.index]] = stopped

    def cancel(self, position: int, now: datetime) -> None:
        unfinished = self._stopped.pop(position, None)
        self._update(position, now, status=JobStatus.CANCELLED, unfinished=unfinished)
        self._count(error=1, cancelled=1)

    def request_cancellation(self, request: Cancellation, now: datetime) -> Iterator[int]:
        """Cancel the queued jobs at once, and yield the positions of the others that are active.

        If several requests touch a job, the first one is credited with cancelling it.
        """
        if request.request_id in self._requests:
            return
        entry = self._requests[request.request_id] = _Request()
        for position in self._positions(request):
            record = self.records[position]
            if record.status.is_terminal:
                entry.skipped.append(record.index)
                continue
            entry.touched.append(position)
            if position not in self._claimed:
                self._claimed.add(position)
                entry.claimed.append(position)
            if record.status is JobStatus.QUEUED:
                self.cancel(position, now)
                self._never_started.append(position)
                self.webhooks_due.append(position)
            else:
                yield position

    def outcome(self, request_id: str) -> CancellationOutcome | None:
        """The outcome of a cancellation so far; None if it has not arrived."""
        entry = self._requests.get(request_id)
        if entry is None:
            return None
        touched = [self.records[position] for position in entry.touched]
        claimed = [self.records[position] for position in entry.claimed]
        cancelled = [record.index for record in claimed if record.status is JobStatus.CANCELLED]
        others = {
            record.index
            for record in touched
            if record.status.is_terminal and record.index not in set(cancelled)
        }
        return CancellationOutcome(
            request_id=request_id,
            settled=all(record.status.is_terminal for record in touched),
            cancelled=cancelled,
            skipped=sorted([*entry.skipped, *others]),
        )

    def changes(self, since: int) -> BatchChanges:
        """The records that have changed after revision `since`."""
        return BatchChanges(
            revision=self._revision,
            stats=self.stats,
            records=[
                record
                for record, changed_at in zip(self.records, self._changed_at, strict=True)
                if changed_at > since
            ],
        )

    def snapshot(self) -> BatchSnapshot:
        outcomes = [self.outcome(request_id) for request_id in self._requests]
        return BatchSnapshot.of(
            self.batch,
            closed_at=self.closed_at,
            revision=self._revision,
            stats=self.stats,
            records=list(self.records),
            cancellations=[outcome for outcome in outcomes if outcome],
        )

    def details(self, namespace: str = "default") -> str:
        """A summary of the batch in Markdown, for the Temporal Web UI of this namespace."""
        stats = self.stats
        done = stats.total - stats.pending
        percent = 100 * done // stats.total if stats.total else 100
        counts = (
            f"{stats.finished} finished, {stats.failed} failed, {stats.cancelled} cancelled, "
            f"{stats.pending} pending"
        )
        lines = [f"**{done} of {stats.total} jobs done ({percent} %)**: {counts}."]
        if self.reused:
            lines += ["", f"Finished jobs that reuse an equal job's render: {self.reused}."]
        if self._never_started:
            indexes = sorted(self.records[position].index for position in self._never_started)
            lines += ["", f"Cancelled before they started: {_in_ranges(indexes)}."]
        if self._failed:
            lines += ["", "Failed jobs:", ""]
            lines += [self._failure_line(position, namespace) for position in self._failed[:10]]
        if len(self._failed) > 10:
            lines += ["", f"and {len(self._failed) - 10} more failed jobs"]
        return "\n".join(lines)

    def _failure_line(self, position: int, namespace: str) -> str:
        job, failure = self.batch.jobs[position], self.records[position].failure
        workflow = quote(job_workflow_id(job.team, job.id), safe="")
        link = f"[{job.index}](/namespaces/{quote(namespace)}/workflows/{workflow})"
        return (
            f"- {link} `{failure.error_code}`: {plain(failure.error)}" if failure else f"- {link}"
        )

    def _positions(self, request: Cancellation) -> list[int]:
        if request.indexes is None:
            return list(range(len(self.records)))
        return [self._position_of[i] for i in request.indexes if i in self._position_of]

    def _update(
        self,
        position: int,
        now: datetime,
        *,
        status: JobStatus,
        result: RenderResult | None = None,
        failure: JobFailure | None = None,
        unfinished: UnfinishedJob | None = None,
    ) -> None:
        self._revision += 1
        self._changed_at[position] = self._revision
        if status.is_terminal:
            self._in_flight.pop(position, None)
        record = self.records[position]
        self.records[position] = record.model_copy(
            update={
                "status": status,
                "updated_at": max(now, record.updated_at),
                "result": result,
                "failure": failure,
                "unfinished": unfinished,
            }
        )

    def _count(self, *, finished: int = 0, error: int = 0, cancelled: int = 0) -> None:
        self.stats = BatchStats(
            total=self.stats.total,
            finished=self.stats.finished + finished,
            error=self.stats.error + error,
            pending=self.stats.pending - finished - error,
            cancelled=self.stats.cancelled + cancelled,
        )


def _in_ranges(indexes: Sequence[int]) -> str:
    """`3, 5-8` for 3, 5, 6, 7, 8."""
    members = set(indexes)
    starts = [index for index in indexes if index - 1 not in members]
    ends = [index for index in indexes if index + 1 not in members]
    pairs = zip(starts, ends, strict=True)
    return ", ".join(f"{start}-{end}" if start < end else str(start) for start, end in pairs)
