"""The sweep of a running service."""

import os
from pathlib import Path

from temporalio.client import ScheduleOverlapPolicy
from temporalio.service import RPCError

from reelbatch.storage import keys
from tests.api.running_api import RunningApi, Team, until


async def test_a_service_sweeps_its_store_on_schedule(api: RunningApi, team: Team) -> None:
    unreadable = keys.template_record(team.name, "unreadable")
    await api.store.put_async(unreadable, b'{"id": "unreadable"}')
    key = keys.idempotency_record(team.name, "0" * 64, 0)
    await api.store.put_async(key, b"{}")
    file = Path(api.settings.object_store) / key
    os.utime(file, (0, 0))
    schedule = api.client.get_schedule_handle("reelbatch-sweep")

    async def planned() -> bool | None:
        try:
            return bool((await schedule.describe()).info.next_action_times) or None
        except RPCError:  # the worker has just been started
            return None

    await until(planned, "sweep on the schedule")
    await schedule.trigger(overlap=ScheduleOverlapPolicy.ALLOW_ALL)

    async def removed() -> bool | None:
        return not file.exists() or None

    await until(removed, "end of the sweep")
