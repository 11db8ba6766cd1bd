"""The stored record of a webhook: the client's request, and each attempt to deliver it."""

from pydantic import JsonValue

from reelbatch.models.wire.base import RecordModel, Timestamp
from reelbatch.models.wire.webhooks import Webhook, WebhookAttempt


class WebhookRecord(RecordModel):
    """A webhook. `body` is set from the first attempt on."""

    team: str
    id: str
    webhook: Webhook
    created_at: Timestamp
    body: dict[str, JsonValue] | None = None
    delivered_at: Timestamp | None = None
    attempts: list[WebhookAttempt] = []
