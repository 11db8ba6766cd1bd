"""How many activities a worker takes, with Temporal's calls made by hand."""

import asyncio
from typing import Any, cast

from temporalio.worker import SlotPermit, SlotReleaseContext

from activities.renders.slots import RenderSlots

CONTEXT = cast("Any", None)  # nothing in it matters


async def reserved(slots: RenderSlots) -> "asyncio.Task[SlotPermit]":
    """A reservation that has had its chance."""
    task = asyncio.create_task(slots.reserve_slot(CONTEXT))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


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


async def test_whoever_waits_for_another_render_makes_room() -> None:
    slots = RenderSlots(1)
    await reserved(slots)
    blocked = await reserved(slots)
    with slots.lent():
        permit = await blocked
    release(slots, permit)
    assert not (await reserved(slots)).done(), "the slot was taken back"


async def test_a_reservation_that_is_given_up_keeps_nobody_waiting() -> None:
    slots = RenderSlots(1)
    first = await reserved(slots)
    given_up = await reserved(slots)
    waiting = await reserved(slots)
    release(slots, first.result())
    given_up.cancel()
    await waiting
