"""The webhooks of jobs and batches: what was requested, and the outcome of each attempt."""

from collections.abc import Sequence

from obstore.store import ObjectStore

from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.storage import keys
from reelbatch.storage.objects import create_models, read_model, write_model


async def read_webhook(store: ObjectStore, team: str, id_: str) -> WebhookRecord | None:
    return await read_model(store, keys.webhook(team, id_), WebhookRecord)


async def write_webhook(store: ObjectStore, record: WebhookRecord) -> None:
    await write_model(store, keys.webhook(record.team, record.id), record)


async def save_webhooks(store: ObjectStore, records: Sequence[WebhookRecord]) -> None:
    """Write the records that do not exist yet. A repeated request changes nothing."""
    await create_models(store, {keys.webhook(record.team, record.id): record for record in records})
