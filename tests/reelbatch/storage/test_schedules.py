"""Schedules in both kinds of stores."""

from datetime import UTC, datetime

from obstore.store import ObjectStore

from reelbatch.models.ids import new_id
from reelbatch.models.stored.schedules import ScheduleRecord
from reelbatch.models.wire.schedules import ScheduleCreation
from reelbatch.storage.schedules import delete_schedule, list_schedules, write_schedule


async def test_a_schedule_can_be_deleted_twice(store: ObjectStore) -> None:
    fields = {"name": "Offers", "cron": "@daily", "template": "promo"}
    creation = ScheduleCreation.model_validate({**fields, "url": "https://example.com/a.csv"})
    record = ScheduleRecord(id=new_id(), team="t", created_at=datetime.now(UTC), creation=creation)
    await write_schedule(store, record)
    for _ in range(2):
        await delete_schedule(store, "t", record.id)
    assert await list_schedules(store, "t") == []
