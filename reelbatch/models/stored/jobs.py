"""Jobs stored outside Temporal: single jobs that have ended, and nested jobs."""

from reelbatch.models.orchestration.jobs import (
    JobFailure,
    JobSummary,
    RenderProgress,
    RenderResult,
)
from reelbatch.models.wire.base import Absent, RecordModel, Timestamp
from reelbatch.models.wire.jobs import JobStatus


class StoredJob(RecordModel):
    """A job that has ended and belongs to no batch."""

    team: str
    id: str
    summary: JobSummary
    status: JobStatus
    updated_at: Timestamp
    result: RenderResult | None = None
    failure: JobFailure | None = None
    render: Absent[RenderProgress] = None  # if it had begun but did not finish


class NestedJobRecord(RecordModel):
    """A nested job."""

    parent_id: str  # the job that leads to the batch, if there is one
    summary: JobSummary
