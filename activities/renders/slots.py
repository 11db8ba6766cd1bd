"""Render slots: how many activities a worker takes, and how many slots of all a job may take."""

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
_MOST_LENT = 100
"""Waiting activities hold files and heartbeat: no more of them than a large batch's window."""
_MOST_LOCAL = 40
"""Renders that wait beside their workflows hold a place for workflows, of which there are 100."""
_PATIENCE = 0.5  # seconds without any local render let in: the queue keeps all processes busy
_LONGEST_WAIT = 4.0  # seconds; a workflow's task has ten


class RenderSlots(CustomSlotSupplier):
    """`size` slots. An activity that needs no render process lends its slot meanwhile: one that
    waits for another one's render, or hands its own over.

    Temporal's SDK calls from threads of its own.
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._size = size
        self._free = size  # below zero while activities that had lent theirs work again
        self._lent = 0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = deque()
        self._at_work = 0  # a poll that waits for a task has a slot, and does no work in it
        self._local = LocalTurns()

    @contextmanager
    def lent(self) -> Generator[None]:
        """The caller's slot is for another activity meanwhile, unless too many are lent."""
        lends = self._lent < _MOST_LENT
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
        """Around a render that no task of the queue brought: inside, a process is free for it.

        The queue's tasks go first, then teams in turn. False inside: it would have to wait, and
        nobody was let in for half a second.
        """
        with self._lock:
            turn = self._local.join(team) if len(self._local) < _MOST_LOCAL else None
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
                    self._wake()  # whom it was to be
                raise
        return permit

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:  # noqa: ARG002
        with self._lock:
            if self._free <= 0:
                return None
            self._free -= 1
            return SlotPermit()

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:  # noqa: ARG002
        """A slot counts as taken from its reservation on."""
        self._give(0, at_work=1)

    def release_slot(self, ctx: SlotReleaseContext) -> None:
        self._give(1, at_work=0 if ctx.slot_info is None else -1)

    def _give(self, slots: int, *, at_work: int) -> None:
        with self._lock:
            self._free += slots
            self._at_work += at_work
            self._wake()

    def _wake(self) -> None:
        """Let as many look again as there are slots, and local renders in."""
        for _ in range(min(self._free, len(self._waiting))):
            loop, event = self._waiting.popleft()
            loop.call_soon_threadsafe(event.set)
        while self._local and self._at_work < self._size:
            self._at_work += 1
            self._local.give()


def identity_with_slots(slots: int) -> str:
    """The name that a worker polls under: Temporal itself tells only who polls."""
    return f"{os.getpid()}@{socket.gethostname()} slots={slots}"


class SlotActivities:
    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn(name=FIND_FREE_SLOTS)
    async def find_free_slots(self, question: SlotsQuestion) -> int:
        """The share of one open job; none while renders wait for a slot.

        Which slots are taken this moment cannot be asked. But who takes them is an open job, so
        the share is small as long as there are others. Workers count for up to five minutes after
        their last poll.
        """
        queue = await describe_queue(self._client, render_task_queue(question.engine), stats=True)
        if queue.stats.approximate_backlog_count > 0:
            return 0
        slots = sum(_slots_of(poller.identity) for poller in queue.pollers)
        open_jobs = await self._client.count_workflows(OPEN_JOBS)
        return slots // max(1, open_jobs.count)

    @activity.defn(name=IS_ENGINE_SERVED)
    async def is_engine_served(self, question: SlotsQuestion) -> bool:
        """Whether a worker with the engine is there, however busy."""
        return await is_engine_served(self._client, question.engine)


def _slots_of(identity: str) -> int:
    """The slots of a worker; at least one, since it polls."""
    found = _SLOTS.search(identity)
    return int(found[1]) if found else 1
