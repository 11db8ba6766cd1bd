"""What webhooks tell of a job or a batch that has ended."""

from reelbatch.models.wire.base import Absent, Timestamp, WireModel
from reelbatch.models.wire.batches import BatchStats, BatchStatus
from reelbatch.models.wire.jobs import Job, JobError, JobStatus


class JobEnded(Job):
    """The Job object, and the names that older receivers know on top."""

    state: JobStatus
    finished_at: Timestamp | None
    render_duration: float | None  # seconds


class BatchEnded(WireModel):
    """The answer of GET /batches/{id} without its jobs, which may be a thousand."""

    type: str
    batch_id: str
    status: BatchStatus
    created_at: Timestamp
    stats: BatchStats
    errors: Absent[list[JobError]] = None
