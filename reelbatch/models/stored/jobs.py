"""What is kept of jobs outside of Temporal: single jobs that have ended, and nested ones."""

from reelbatch.models.orchestration.jobs import (
    JobFailure,
    JobSummary,
    RenderProgress,
    RenderResult,
)
from reelbatch.models.wire.base import Absent, RecordModel, Timestamp
from reelbatch.models.wire.jobs import JobStatus


class KeptJob(RecordModel):
    """An ended job that belongs to no batch."""

    team: str
    id: str
    summary: JobSummary
    status: JobStatus
    updated_at: Timestamp
    result: RenderResult | None = None
    failure: JobFailure | None = None
    render: Absent[RenderProgress] = None  # of one that did not finish, where it had begun


class NestedJobRecord(RecordModel):
    """A nested job as the object store keeps it."""

    parent_id: str  # leads to the batch, if that job belongs to one
    summary: JobSummary
