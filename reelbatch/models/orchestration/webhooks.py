"""Webhooks as workflows know them: with their receiver, but without its credentials.

The client's request, with its headers, is stored only in the object store. The Temporal Web UI
therefore shows nobody the receiver's credentials.
"""

from pydantic import JsonValue

from reelbatch.models.wire.base import Absent, WireModel


class PendingWebhook(WireModel):
    """A webhook that a workflow will send."""

    receiver: str
    output_url: Absent[str] = None  # of a job; only the API knows the URL that clients use


class WebhookDelivery(WireModel):
    """The input of DeliverWebhookWorkflow; the body is the same on every attempt."""

    team: str
    id: str  # of the job or batch; receivers see it as `webhook-id`
    receiver: str
    body: dict[str, JsonValue]
