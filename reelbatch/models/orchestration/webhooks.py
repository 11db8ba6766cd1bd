"""What workflows know of a webhook: whom it tells, and never with which credentials.

What a client sends, with its headers, is kept in the object store alone, so that the Temporal Web
UI shows nobody the receiver's credentials.
"""

from pydantic import JsonValue

from reelbatch.models.wire.base import Absent, WireModel


class PendingWebhook(WireModel):
    """What a workflow knows of the webhook that it has to set off."""

    receiver: str
    output_url: Absent[str] = None  # of a job: only the API knows how clients reach it


class WebhookDelivery(WireModel):
    """The input of DeliverWebhookWorkflow: what to tell, the same on every attempt."""

    team: str
    id: str  # of the job or batch; receivers see it as `webhook-id`
    receiver: str
    body: dict[str, JsonValue]
