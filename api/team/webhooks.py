"""The endpoints of webhooks: their logs, redelivery, and the key that signs them."""

from fastapi import APIRouter, Response
from temporalio.common import Priority
from temporalio.exceptions import WorkflowAlreadyStartedError

from api.http.errors import documented
from api.http.parameters import UlidPath
from api.http.responses import respond
from api.resources import MayReadJobs, MayWriteJobs, Resources, Shared
from reelbatch.models.errors import RequestError, Unavailable, WebhookNotDue, WebhookNotFound
from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE, webhook_workflow_id
from reelbatch.models.orchestration.webhooks import WebhookDelivery
from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.models.wire.webhooks import WebhookLog, WebhookSecret
from reelbatch.storage.webhooks import read_webhook
from workflows.markdown import headline
from workflows.webhook import DeliverWebhookWorkflow, webhook_search_attributes

router = APIRouter(tags=["webhooks"])

_READ_ERRORS = documented(RequestError, WebhookNotFound, Unavailable)
_REDELIVERY_ERRORS = documented(RequestError, WebhookNotFound, WebhookNotDue, Unavailable)


@router.get("/webhooks/secret", response_model=WebhookSecret, responses=documented())
async def get_webhook_secret(resources: Shared, team: MayWriteJobs) -> Response:
    """Get the key that signs the team's webhooks, in the format of Standard Webhooks' libraries."""
    response = respond(WebhookSecret(secret=resources.webhook_signer.secret_of(team)))
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/jobs/{job_id}/webhook", response_model=WebhookLog, responses=_READ_ERRORS)
async def get_job_webhook(job_id: UlidPath, resources: Shared, team: MayReadJobs) -> Response:
    """Get the log of a job's webhook, attempt by attempt."""
    return respond(_log(await _find(resources, team, job_id)))


@router.get("/batches/{batch_id}/webhook", response_model=WebhookLog, responses=_READ_ERRORS)
async def get_batch_webhook(batch_id: UlidPath, resources: Shared, team: MayReadJobs) -> Response:
    """Get the log of a batch's webhook, attempt by attempt."""
    return respond(_log(await _find(resources, team, batch_id)))


@router.post(
    "/jobs/{job_id}/webhook/redeliver",
    status_code=202,
    response_model=WebhookLog,
    responses=_REDELIVERY_ERRORS,
)
async def redeliver_job_webhook(
    job_id: UlidPath, resources: Shared, team: MayWriteJobs
) -> Response:
    """Send a job's webhook again, with the same body and the same `webhook-id`."""
    return await _redeliver(resources, team, job_id)


@router.post(
    "/batches/{batch_id}/webhook/redeliver",
    status_code=202,
    response_model=WebhookLog,
    responses=_REDELIVERY_ERRORS,
)
async def redeliver_batch_webhook(
    batch_id: UlidPath, resources: Shared, team: MayWriteJobs
) -> Response:
    """Send a batch's webhook again, with the same body and the same `webhook-id`."""
    return await _redeliver(resources, team, batch_id)


async def _find(resources: Resources, team: str, id_: str) -> WebhookRecord:
    record = await read_webhook(resources.store, team, id_)
    if record is None:
        raise WebhookNotFound
    return record


async def _redeliver(resources: Resources, team: str, id_: str) -> Response:
    record = await _find(resources, team, id_)
    if record.body is None:
        raise WebhookNotDue(
            "The webhook has not been sent yet: it is sent when the job or batch has ended."
        )
    delivery = WebhookDelivery(
        team=team, id=id_, receiver=record.webhook.receiver, body=record.body
    )
    try:
        await resources.client.start_workflow(
            DeliverWebhookWorkflow.run,
            delivery,
            id=webhook_workflow_id(team, id_),
            task_queue=CONTROL_TASK_QUEUE,
            search_attributes=webhook_search_attributes(delivery),
            static_summary=headline(delivery.receiver),
            priority=Priority(fairness_key=team),
        )
    except WorkflowAlreadyStartedError:
        raise WebhookNotDue("An earlier delivery is still in progress; read its log.") from None
    return respond(_log(record), 202)


def _log(record: WebhookRecord) -> WebhookLog:
    state = "undelivered" if record.attempts else "waiting"
    return WebhookLog(
        id=record.id,
        url=record.webhook.url,
        method=record.webhook.method,
        state="delivered" if record.delivered_at else state,
        delivered_at=record.delivered_at,
        attempts=record.attempts,
    )
