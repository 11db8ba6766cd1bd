"""The team's fonts: a record and a file for each."""

import contextlib
from typing import BinaryIO

from obstore.store import ObjectStore

from reelbatch.models.stored.fonts import FontRecord
from reelbatch.storage import keys
from reelbatch.storage.listing import list_models
from reelbatch.storage.objects import read_model, write_model


async def read_font(store: ObjectStore, team: str, font_id: str) -> FontRecord | None:
    return await read_model(store, keys.font_record(team, font_id), FontRecord)


async def list_fonts(store: ObjectStore, team: str) -> list[FontRecord]:
    """All of the team's fonts, oldest first."""
    return await list_models(store, keys.fonts(team), "font.json", FontRecord)


async def write_font(store: ObjectStore, team: str, record: FontRecord, file: BinaryIO) -> None:
    """Write the file before the record, so that no record points to a missing file."""
    await store.put_async(record.source, file)
    await write_model(store, keys.font_record(team, record.id), record)


async def delete_font(
    store: ObjectStore, team: str, record: FontRecord, *, keep_file: bool
) -> None:
    """Remove the font; with `keep_file`, its file stays for jobs that were accepted with it."""
    await store.delete_async(keys.font_record(team, record.id))
    if not keep_file:
        with contextlib.suppress(FileNotFoundError):
            await store.delete_async(record.source)
