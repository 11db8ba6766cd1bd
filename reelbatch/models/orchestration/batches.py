"""Batches: the input of their workflow, its records, and its responses to queries."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from reelbatch.models.orchestration.jobs import (
    BatchRenderJob,
    JobFailure,
    JobSummary,
    RenderProgress,
    RenderResult,
    UnfinishedJob,
)
from reelbatch.models.orchestration.webhooks import PendingWebhook
from reelbatch.models.wire.base import Absent, RecordModel, Timestamp, WireModel
from reelbatch.models.wire.batches import BatchStats
from reelbatch.models.wire.jobs import JobError, JobStatus


class Batch(WireModel):
    """The input of BatchWorkflow: the accepted jobs of one request."""

    team: str
    id: str
    name: Absent[str] = None  # for people
    submission: Absent[str] = None  # the first batch of the same table
    first_row: Absent[int] = None  # the table's row with which a later part of it begins
    schedule: Absent[str] = None  # the id of the schedule that created it
    outputs: Absent[int] = None  # the number of outputs in which each row is rendered
    created_at: Timestamp
    jobs: list[BatchRenderJob]
    errors: list[JobError] = []
    concurrency: int = Field(ge=1, le=1000)  # child workflows in flight
    kinds: Absent[list[int]] = (
        None  # one per job, equal for jobs with equal inputs; None: all differ
    )
    webhook: Absent[PendingWebhook] = None
    preview: Absent[bool] = None  # whether it only previews another batch


class JobRecord(RecordModel):
    """A batch's record of one of its jobs. It is small, since a batch may have a thousand."""

    index: int  # position in the request
    status: JobStatus = JobStatus.QUEUED
    updated_at: Timestamp
    result: RenderResult | None = None
    failure: JobFailure | None = None
    unfinished: Absent[UnfinishedJob] = None
    render: Absent[RenderProgress] = None  # while it renders; only the job's own workflow knows


class BatchSnapshot(RecordModel):
    """A batch at one moment: the response to the `snapshot` query, and the workflow's result."""

    team: str
    id: str
    name: Absent[str] = None
    submission: Absent[str] = None
    first_row: Absent[int] = None
    schedule: Absent[str] = None
    outputs: Absent[int] = None
    created_at: Timestamp
    closed_at: Timestamp | None = None
    revision: int = 0  # counts the changes of records
    stats: BatchStats
    summaries: list[JobSummary]
    records: list[JobRecord]  # in the order of `summaries`
    errors: list[JobError] = []
    cancellations: list["CancellationOutcome"] = []
    preview: Absent[bool] = None

    @classmethod
    def of(
        cls,
        batch: Batch,
        *,
        stats: BatchStats,
        records: list[JobRecord],
        closed_at: datetime | None = None,
        revision: int = 0,
        cancellations: Sequence["CancellationOutcome"] = (),
    ) -> "BatchSnapshot":
        """Combine the batch as it was submitted with its current state."""
        return cls(
            team=batch.team,
            id=batch.id,
            name=batch.name,
            submission=batch.submission,
            first_row=batch.first_row,
            schedule=batch.schedule,
            outputs=batch.outputs,
            created_at=batch.created_at,
            closed_at=closed_at,
            revision=revision,
            stats=stats,
            summaries=[job.summary for job in batch.jobs],
            records=records,
            errors=batch.errors,
            cancellations=list(cancellations),
            preview=batch.preview,
        )

    def with_changes(self, changes: "BatchChanges") -> "BatchSnapshot":
        """The batch after `changes` since this snapshot's revision; itself if there are none."""
        if changes.revision == self.revision:
            return self
        changed = {record.index: record for record in changes.records}
        return self.model_copy(
            update={
                "revision": changes.revision,
                "stats": changes.stats,
                "records": [changed.get(record.index, record) for record in self.records],
            }
        )


class BatchChanges(RecordModel):
    """The changes since an earlier revision: the response to the `changes` query."""

    revision: int
    stats: BatchStats
    records: list[JobRecord]


class StoppedRender(UnfinishedJob):
    """The signal from a job of the batch that is cancelled in the middle of its render."""

    index: int


class Cancellation(WireModel):
    """The signal that cancels jobs of a batch. If `indexes` is None, it cancels all of them.

    A second signal with the same `request_id` changes nothing.
    """

    request_id: str
    indexes: list[int] | None = None


class CancellationOutcome(RecordModel):
    """The outcome of a cancellation. It is settled once none of the jobs it touched is running."""

    request_id: str
    settled: bool
    cancelled: list[int]  # indexes of the jobs that this request cancelled
    skipped: list[int]  # indexes of jobs that had ended, or that an earlier request cancels
