"""The logs of webhooks, sending one again, and what they are signed with."""

from dataclasses import replace

from reelbatch.client._session import Session, read_model
from reelbatch.client._steps import Steps
from reelbatch.models.wire.webhooks import WebhookLog, WebhookSecret


def read_job_webhook(session: Session, job_id: str) -> Steps[WebhookLog]:
    """What came of a job's webhook, attempt by attempt. Raises NotFound if it has none."""
    return (yield from _log(session, "jobs", job_id))


def read_batch_webhook(session: Session, batch_id: str) -> Steps[WebhookLog]:
    """What came of a batch's webhook, attempt by attempt. Raises NotFound if it has none."""
    return (yield from _log(session, "batches", batch_id))


def redeliver_job_webhook(session: Session, job_id: str) -> Steps[WebhookLog]:
    """Send it again. Raises Conflict before the job's end, or while it is still being tried."""
    return (yield from _redelivery(session, "jobs", job_id))


def redeliver_batch_webhook(session: Session, batch_id: str) -> Steps[WebhookLog]:
    """Send it again. Raises Conflict before the batch's end, or while it is still being tried."""
    return (yield from _redelivery(session, "batches", batch_id))


def read_webhook_secret(session: Session) -> Steps[str]:
    """The team's key, `whsec_…`, as Standard Webhooks' libraries take it.

    Raises Forbidden without the scope `jobs:write`.
    """
    request = session.request("GET", "webhooks", "secret")
    return read_model(WebhookSecret, (yield from session.send(request))).secret


def _log(session: Session, *path: str) -> Steps[WebhookLog]:
    request = session.request("GET", *path, "webhook")
    return read_model(WebhookLog, (yield from session.send(request)))


def _redelivery(session: Session, *path: str) -> Steps[WebhookLog]:
    request = replace(session.request("POST", *path, "webhook", "redeliver"), is_repeatable=False)
    return read_model(WebhookLog, (yield from session.send(request)))
