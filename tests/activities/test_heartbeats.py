"""Heartbeats stop when the work ends."""

import asyncio

from activities.heartbeats import Progress, heartbeats


async def test_no_task_is_left_when_the_work_has_ended() -> None:
    before = asyncio.all_tasks()
    async with heartbeats(Progress()):
        assert len(asyncio.all_tasks() - before) == 1
    await asyncio.sleep(0)  # a cancelled task ends in the next round of the loop
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
