"""Render slots: how many activities a worker runs, and how many slots one job may use."""

import asyncio
import os
import re
import socket
import threading
from collections import deque
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import (
    CustomSlotSupplier,
    SlotMarkUsedContext,
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
)

from activities.renders.local_turns import LocalTurns, Turn
from reelbatch.models.orchestration.names import render_task_queue
from reelbatch.models.orchestration.segments import SlotsQuestion
from reelbatch.pollers import describe_queue, is_engine_served
from workflows.activity_names import FIND_FREE_SLOTS, IS_ENGINE_SERVED

OPEN_JOBS = "WorkflowType = 'RenderJob' AND ExecutionStatus = 'Running'"
_SLOTS = re.compile(r" slots=(\d+)$")
_MAX_LENT = 100
"""Slots lent at a time: the activities that wait still have files and send heartbeats."""
_MAX_LOCAL = 40
"""Local renders that may wait: each occupies one of the worker's 100 places for workflows."""
_PATIENCE = 0.5  # seconds without a turn for any local render: the queue keeps all processes busy
_LONGEST_WAIT = 4.0  # seconds; a workflow task may take ten


class RenderSlots(CustomSlotSupplier):
    """A supplier of `size` slots.

    An activity lends its slot while it needs no render process, because it waits for another
    render or delivers its own. Temporal's SDK calls the methods from its own threads.
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._size = size
        self._free = size  # negative while activities that had lent their slots work again
        self._lent = 0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = deque()
        self._at_work = 0  # without polls, which have a slot while they wait for a task
        self._local = LocalTurns()

    @contextmanager
    def lent(self) -> Generator[None]:
        """Lend the caller's slot to another activity, unless too many are lent."""
        lends = self._lent < _MAX_LENT
        slots = 0 if activity.in_activity() and activity.info().is_local else 1
        if lends:
            self._lent += 1
            self._give(slots, at_work=-1)
        try:
            yield
        finally:
            if lends:
                self._lent -= 1
                self._give(-slots, at_work=1)

    @asynccontextmanager
    async def local_turn(self, team: str) -> AsyncGenerator[bool]:
        """Wait for a free process for a local render, which does not come from the queue.

        Tasks from the queue go first, then teams take turns. Yields False if the render must not
        start, for example because no local render got a turn for half a second.
        """
        with self._lock:
            turn = self._local.join(team) if len(self._local) < _MAX_LOCAL else None
            self._wake()
        try:
            yield turn is not None and await self._is_given(turn)
        finally:
            with self._lock:
                if turn is not None and turn.is_given:
                    self._at_work -= 1
                    self._wake()
                elif turn is not None:
                    self._local.leave(turn)

    async def _is_given(self, turn: Turn) -> bool:
        end = monotonic() + _LONGEST_WAIT
        while not turn.is_given:
            given = self._local.given
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await turn.woken.wait()
            with self._lock:
                if not turn.is_given and (self._local.given == given or monotonic() > end):
                    self._local.leave(turn)
                    return False
        return True

    async def reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit:
        """Wait for a free slot."""
        while (permit := self.try_reserve_slot(ctx)) is None:
            turn = (asyncio.get_running_loop(), asyncio.Event())
            with self._lock:
                self._waiting.append(turn)
                self._wake()
            try:
                await turn[1].wait()
            except asyncio.CancelledError:
                with self._lock:
                    if turn in self._waiting:
                        self._waiting.remove(turn)
                    self._wake()  # the next one, in case this one had been woken
                raise
        return permit

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:  # noqa: ARG002
        with self._lock:
            if self._free <= 0:
                return None
            self._free -= 1
            return SlotPermit()

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:  # noqa: ARG002
        """Count an activity at work; its slot is taken from the reservation on."""
        self._give(0, at_work=1)

    def release_slot(self, ctx: SlotReleaseContext) -> None:
        self._give(1, at_work=0 if ctx.slot_info is None else -1)

    def _give(self, slots: int, *, at_work: int) -> None:
        with self._lock:
            self._free += slots
            self._at_work += at_work
            self._wake()

    def _wake(self) -> None:
        """Wake as many waiting polls as there are free slots, and let in local renders."""
        for _ in range(min(self._free, len(self._waiting))):
            loop, event = self._waiting.popleft()
            loop.call_soon_threadsafe(event.set)
        while self._local and self._at_work < self._size:
            self._at_work += 1
            self._local.give()


def identity_with_slots(slots: int) -> str:
    """The name under which a worker polls; Temporal reports nothing else about its slots."""
    return f"{os.getpid()}@{socket.gethostname()} slots={slots}"


class SlotActivities:
    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn(name=FIND_FREE_SLOTS)
    async def find_free_slots(self, question: SlotsQuestion) -> int:
        """The number of slots for one open job; 0 while renders wait for a slot.

        Temporal does not report which slots are taken. But only open jobs take them, so each job
        gets an equal share of all slots. Workers count for up to five minutes after their last
        poll.
        """
        queue = await describe_queue(self._client, render_task_queue(question.engine), stats=True)
        if queue.stats.approximate_backlog_count > 0:
            return 0
        slots = sum(_slots_of(poller.identity) for poller in queue.pollers)
        open_jobs = await self._client.count_workflows(OPEN_JOBS)
        return slots // max(1, open_jobs.count)

    @activity.defn(name=IS_ENGINE_SERVED)
    async def is_engine_served(self, question: SlotsQuestion) -> bool:
        """Whether a worker serves the engine, however busy it is."""
        return await is_engine_served(self._client, question.engine)


def _slots_of(identity: str) -> int:
    """The slots of a worker; at least one, since it polls."""
    found = _SLOTS.search(identity)
    return int(found[1]) if found else 1
