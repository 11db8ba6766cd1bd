"""The bodies of webhooks for jobs and batches that have ended."""

from reelbatch.models.wire.base import Absent, Timestamp, WireModel
from reelbatch.models.wire.batches import BatchStats, BatchStatus
from reelbatch.models.wire.jobs import Job, JobError, JobStatus


class JobEnded(Job):
    """The Job object, extended by the names that older receivers expect."""

    state: JobStatus
    finished_at: Timestamp | None
    render_duration: float | None  # seconds


class BatchEnded(WireModel):
    """The response to GET /batches/{id} without its jobs, of which there may be a thousand."""

    type: str
    batch_id: str
    status: BatchStatus
    created_at: Timestamp
    stats: BatchStats
    errors: Absent[list[JobError]] = None
