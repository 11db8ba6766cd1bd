"""What the API writes down about webhooks before anything is started."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from obstore.store import ObjectStore

from api.submission.validation import AcceptedJob, Judged
from api.urls import Urls
from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.orchestration.webhooks import PendingWebhook
from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.models.wire.webhooks import Webhook
from reelbatch.storage.webhooks import read_webhook

_PARALLEL_READS = 32


def announced(job: RenderJob, webhook: Webhook | None, urls: Urls) -> RenderJob:
    """The job with all that its workflow has to know of its webhook."""
    if webhook is None:
        return job
    pending = PendingWebhook(receiver=webhook.receiver, output_url=urls.of_new_job(job))
    return job.model_copy(update={"webhook": pending})


def pending(webhook: Webhook | None) -> PendingWebhook | None:
    """All that a batch's workflow has to know of its webhook."""
    return PendingWebhook(receiver=webhook.receiver) if webhook else None


def batch_webhooks(
    batch: Batch, webhook: Webhook | None, judged: Sequence[Judged]
) -> list[WebhookRecord]:
    """The webhooks of a batch and of its jobs. Of a batch without jobs nothing will be told."""
    if not batch.jobs:
        return []
    wanted = {batch.id: webhook}
    for job in batch.jobs:
        accepted = judged[job.index or 0]
        if isinstance(accepted, AcceptedJob):
            wanted[job.id] = accepted.creation.webhook
    return [
        record
        for id_, found in wanted.items()
        for record in webhook_records(batch.team, id_, found, batch.created_at)
    ]


async def renewed_webhooks(
    store: ObjectStore, earlier: Batch, batch: Batch, urls: Urls
) -> tuple[Batch, list[WebhookRecord]]:
    """Give a batch, whose jobs are some of an earlier one's, the webhooks of that one."""
    earlier_ids = {job.index: job.id for job in earlier.jobs if job.webhook}
    gate = asyncio.Semaphore(_PARALLEL_READS)

    async def read(id_: str | None) -> Webhook | None:
        if id_ is None:
            return None
        async with gate:
            record = await read_webhook(store, batch.team, id_)
        return record.webhook if record else None

    own = await read(earlier.id if earlier.webhook else None)
    found = await asyncio.gather(*(read(earlier_ids.get(job.index)) for job in batch.jobs))
    jobs = [announced(job, hook, urls) for job, hook in zip(batch.jobs, found, strict=True)]
    wanted = {batch.id: own, **{job.id: hook for job, hook in zip(jobs, found, strict=True)}}
    records = [
        record
        for id_, hook in wanted.items()
        for record in webhook_records(batch.team, id_, hook, batch.created_at)
    ]
    return batch.model_copy(update={"jobs": jobs, "webhook": pending(own)}), records


def webhook_records(
    team: str, id_: str, webhook: Webhook | None, created_at: datetime
) -> list[WebhookRecord]:
    """One record, or none where there is no webhook."""
    if webhook is None:
        return []
    return [WebhookRecord(team=team, id=id_, webhook=webhook, created_at=created_at)]
