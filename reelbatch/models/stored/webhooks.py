"""A webhook as it is kept: what was asked for, and what came of each attempt."""

from pydantic import JsonValue

from reelbatch.models.wire.base import RecordModel, Timestamp
from reelbatch.models.wire.webhooks import Webhook, WebhookAttempt


class WebhookRecord(RecordModel):
    """What is kept of a webhook in the object store. `body` is there from the first attempt on."""

    team: str
    id: str
    webhook: Webhook
    created_at: Timestamp
    body: dict[str, JsonValue] | None = None
    delivered_at: Timestamp | None = None
    attempts: list[WebhookAttempt] = []
