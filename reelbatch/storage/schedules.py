"""The team's schedules: a record for each, and the outcome of its last runs."""

from contextlib import suppress

from obstore.store import ObjectStore

from reelbatch.models.stored.schedules import ScheduleRecord, ScheduleRuns
from reelbatch.models.wire.schedules import RUNS_SHOWN, ScheduleRun
from reelbatch.storage import keys
from reelbatch.storage.listing import delete_folder, list_models
from reelbatch.storage.objects import read_model, write_model


async def write_schedule(store: ObjectStore, record: ScheduleRecord) -> None:
    await write_model(store, keys.schedule_record(record.team, record.id), record)


async def read_schedule(store: ObjectStore, team: str, schedule_id: str) -> ScheduleRecord | None:
    return await read_model(store, keys.schedule_record(team, schedule_id), ScheduleRecord)


async def list_schedules(store: ObjectStore, team: str) -> list[ScheduleRecord]:
    """All of the team's schedules, oldest first."""
    return await list_models(store, keys.schedules(team), "schedule.json", ScheduleRecord)


async def delete_schedule(store: ObjectStore, team: str, schedule_id: str) -> None:
    with suppress(FileNotFoundError):
        await store.delete_async(keys.schedule_record(team, schedule_id))
    await delete_folder(store, keys.schedule(team, schedule_id))


async def read_runs(store: ObjectStore, team: str, schedule_id: str) -> list[ScheduleRun]:
    """The last runs, newest first."""
    found = await read_model(store, keys.schedule_runs(team, schedule_id), ScheduleRuns)
    return found.runs if found else []


async def note_run(store: ObjectStore, team: str, schedule_id: str, run: ScheduleRun) -> None:
    """Put the run before the others. Noting it again replaces it.

    Runs of one schedule never overlap, so that nobody else writes at the same time.
    """
    others = [
        each
        for each in await read_runs(store, team, schedule_id)
        if each.started_at != run.started_at
    ]
    runs = ScheduleRuns(runs=[run, *others][:RUNS_SHOWN])
    await write_model(store, keys.schedule_runs(team, schedule_id), runs)
