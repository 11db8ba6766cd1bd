"""What was answered under an Idempotency-Key, and all that it takes to do it again."""

from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.models.wire.base import Timestamp, WireModel


class Submission(WireModel):
    """An answer, and what has to be running for it to be true: a batch or a single job."""

    status_code: int
    answer: str  # the JSON text, so that a replay has the very same bytes
    batch: Batch | None = None
    job: RenderJob | None = None
    webhooks: list[WebhookRecord] = []

    @property
    def jobs(self) -> list[RenderJob]:
        """The jobs that are started; those that are nested in them are not among them."""
        return [*(self.batch.jobs if self.batch else ()), *([self.job] if self.job else ())]


class IdempotencyRecord(WireModel):
    """A request that was answered, by the digest of its body."""

    body_digest: str
    created_at: Timestamp
    submission: Submission
