"""Operations on webhooks: read their logs and their signing key, and send one again."""

from dataclasses import replace

from reelbatch.client._session import Session, read_model
from reelbatch.client._steps import Steps
from reelbatch.models.wire.webhooks import WebhookLog, WebhookSecret


def read_job_webhook(session: Session, job_id: str) -> Steps[WebhookLog]:
    """Read the log of a job's webhook, attempt by attempt.

    Raises:
        NotFound: The job has no webhook.
    """
    return (yield from _log(session, "jobs", job_id))


def read_batch_webhook(session: Session, batch_id: str) -> Steps[WebhookLog]:
    """Read the log of a batch's webhook, attempt by attempt.

    Raises:
        NotFound: The batch has no webhook.
    """
    return (yield from _log(session, "batches", batch_id))


def redeliver_job_webhook(session: Session, job_id: str) -> Steps[WebhookLog]:
    """Send a job's webhook again.

    Raises:
        Conflict: The job has not ended, or the webhook is still being sent.
    """
    return (yield from _redelivery(session, "jobs", job_id))


def redeliver_batch_webhook(session: Session, batch_id: str) -> Steps[WebhookLog]:
    """Send a batch's webhook again.

    Raises:
        Conflict: The batch has not ended, or the webhook is still being sent.
    """
    return (yield from _redelivery(session, "batches", batch_id))


def read_webhook_secret(session: Session) -> Steps[str]:
    """Read the key that the team's webhooks are signed with.

    Returns:
        A key such as `whsec_…`, as the libraries of Standard Webhooks expect it.

    Raises:
        Forbidden: The token does not have the scope `jobs:write`.
    """
    request = session.request("GET", "webhooks", "secret")
    return read_model(WebhookSecret, (yield from session.send(request))).secret


def _log(session: Session, *path: str) -> Steps[WebhookLog]:
    request = session.request("GET", *path, "webhook")
    return read_model(WebhookLog, (yield from session.send(request)))


def _redelivery(session: Session, *path: str) -> Steps[WebhookLog]:
    request = replace(session.request("POST", *path, "webhook", "redeliver"), is_repeatable=False)
    return read_model(WebhookLog, (yield from session.send(request)))
