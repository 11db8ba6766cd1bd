"""What was accepted under an Idempotency-Key, with all that it takes to start it again."""

from typing import Generic, TypeVar

from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.stored.tables import BatchTable
from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.models.wire.base import Absent, RecordModel, Timestamp
from reelbatch.models.wire.warnings import RenderWarning


class BatchSubmission(RecordModel):
    """A batch that was accepted, and the webhooks of it and its jobs."""

    batch: Batch
    webhooks: list[WebhookRecord] = []
    warnings: list[RenderWarning] = []  # of a table as a whole
    table: Absent[BatchTable] = None
    total_rows: Absent[int] = None  # of the table, of which the batch may be a part


class JobSubmission(RecordModel):
    """A job of its own that was accepted, and its webhook."""

    job: RenderJob
    webhooks: list[WebhookRecord] = []


S = TypeVar("S", BatchSubmission, JobSubmission)


class IdempotencyRecord(RecordModel, Generic[S]):
    """A request that was accepted, by the digest of its body."""

    body_digest: str
    created_at: Timestamp
    submission: S
