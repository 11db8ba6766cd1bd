"""How many activities a worker runs, with calls as Temporal makes them."""

import asyncio
from typing import Any, cast

from temporalio.worker import SlotPermit, SlotReleaseContext

from activities.renders.slots import RenderSlots

CONTEXT = cast("Any", None)  # its contents do not matter


async def reserved(slots: RenderSlots) -> "asyncio.Task[SlotPermit]":
    """A reservation that has had time to get a slot."""
    task = asyncio.create_task(slots.reserve_slot(CONTEXT))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


def begin(slots: RenderSlots) -> SlotPermit:
    """Reserve a slot and begin a task in it."""
    permit = slots.try_reserve_slot(CONTEXT)
    assert permit is not None
    slots.mark_slot_used(CONTEXT)
    return permit


def end(slots: RenderSlots, permit: SlotPermit) -> None:
    slots.release_slot(SlotReleaseContext(slot_info=cast("Any", "a task"), permit=permit))


def release(slots: RenderSlots, permit: SlotPermit) -> None:
    slots.release_slot(SlotReleaseContext(slot_info=None, permit=permit))


async def test_an_activity_waits_for_a_free_slot() -> None:
    slots = RenderSlots(1)
    first = await reserved(slots)
    second = await reserved(slots)
    assert (first.done(), second.done()) == (True, False)
    assert slots.try_reserve_slot(CONTEXT) is None
    await asyncio.to_thread(release, slots, first.result())  # as Temporal does
    await second


async def test_a_lent_slot_is_used_by_another_activity() -> None:
    slots = RenderSlots(1)
    await reserved(slots)
    blocked = await reserved(slots)
    with slots.lent():
        permit = await blocked
    release(slots, permit)
    assert not (await reserved(slots)).done(), "the slot was taken back"


async def test_a_cancelled_reservation_passes_its_slot_on() -> None:
    slots = RenderSlots(1)
    first = await reserved(slots)
    given_up = await reserved(slots)
    waiting = await reserved(slots)
    release(slots, first.result())
    given_up.cancel()
    await waiting


async def test_a_local_render_uses_a_process_that_no_task_has() -> None:
    slots = RenderSlots(1)
    await reserved(slots)  # a poll waits for a task
    async with slots.local_turn("team") as has_turn:
        assert has_turn


async def test_a_local_render_gives_up_when_tasks_keep_all_processes_busy() -> None:
    slots = RenderSlots(1)
    begin(slots)
    async with slots.local_turn("team") as has_turn:
        assert not has_turn


async def test_a_local_render_waits_for_the_end_of_a_task() -> None:
    slots = RenderSlots(1)
    permit = begin(slots)
    waiting = await entering(slots, "team")
    await asyncio.to_thread(end, slots, permit)
    assert await waiting.has_turn


async def test_teams_take_turns_with_local_renders() -> None:
    slots = RenderSlots(1)
    permit = begin(slots)
    order = [await entering(slots, team) for team in ("large", "large", "large", "small")]
    end(slots, permit)
    ended: list[int] = []
    while len(ended) < len(order):
        done, _ = await asyncio.wait(
            [each.has_turn for number, each in enumerate(order) if number not in ended],
            return_when=asyncio.FIRST_COMPLETED,
        )
        for number, each in enumerate(order):
            if each.has_turn in done:
                ended.append(number)
                each.leave.set()
                await each.left
    assert ended == [0, 3, 1, 2]


async def test_a_local_render_that_is_given_up_leaves_its_turn_to_the_next() -> None:
    slots = RenderSlots(1)
    permit = begin(slots)
    given_up = await entering(slots, "team")
    waiting = await entering(slots, "team")
    given_up.left.cancel()
    end(slots, permit)
    assert await waiting.has_turn


class Entering:
    """A local render that asks for a turn and stays until `leave`."""

    def __init__(self, slots: RenderSlots, team: str) -> None:
        self.leave = asyncio.Event()
        self.has_turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.left = asyncio.create_task(self._stay(slots, team))

    async def _stay(self, slots: RenderSlots, team: str) -> None:
        async with slots.local_turn(team) as has_turn:
            self.has_turn.set_result(has_turn)
            await self.leave.wait()


async def entering(slots: RenderSlots, team: str) -> Entering:
    """A local render that has had time to get a turn."""
    someone = Entering(slots, team)
    for _ in range(5):
        await asyncio.sleep(0)
    return someone
