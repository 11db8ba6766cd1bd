"""Submissions accepted under an Idempotency-Key, with everything needed to start them again."""

from typing import Generic, TypeVar

from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.stored.tables import BatchTable
from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.models.wire.base import Absent, RecordModel, Timestamp
from reelbatch.models.wire.warnings import RenderWarning


class BatchSubmission(RecordModel):
    """An accepted batch, with its own and its jobs' webhooks."""

    batch: Batch
    webhooks: list[WebhookRecord] = []
    warnings: list[RenderWarning] = []  # about a table as a whole
    table: Absent[BatchTable] = None
    total_rows: Absent[int] = None  # of the table, of which the batch may be only a part


class JobSubmission(RecordModel):
    """An accepted single job, with its webhook."""

    job: RenderJob
    webhooks: list[WebhookRecord] = []


S = TypeVar("S", BatchSubmission, JobSubmission)


class IdempotencyRecord(RecordModel, Generic[S]):
    """An accepted request, identified by the digest of its body."""

    body_digest: str
    created_at: Timestamp
    submission: S
