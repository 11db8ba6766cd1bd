"""The team's templates: a record for each, and a file for each upload."""

from obstore.store import ObjectStore

from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.storage import keys
from reelbatch.storage.listing import delete_folder, list_models
from reelbatch.storage.objects import read_model, write_model


async def read_template(store: ObjectStore, team: str, template_id: str) -> TemplateRecord | None:
    return await read_model(store, keys.template_record(team, template_id), TemplateRecord)


async def list_templates(store: ObjectStore, team: str) -> list[TemplateRecord]:
    """All of the team's templates, oldest first."""
    return await list_models(store, keys.templates(team), "template.json", TemplateRecord)


async def write_template(store: ObjectStore, record: TemplateRecord) -> None:
    await write_model(store, keys.template_record(record.team, record.id), record)


async def delete_template(store: ObjectStore, team: str, template_id: str) -> None:
    """Remove the record and then every upload, which nothing finds without the record."""
    await store.delete_async(keys.template_record(team, template_id))
    await delete_folder(store, keys.template(team, template_id))
