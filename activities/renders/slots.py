"""Render slots: how many activities a worker takes, and how many slots of all a job may take."""

import asyncio
import os
import re
import socket
import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager

from temporalio import activity
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.worker import (
    CustomSlotSupplier,
    SlotMarkUsedContext,
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
)

from reelbatch.models.orchestration.names import render_task_queue
from reelbatch.models.orchestration.segments import SlotsQuestion
from reelbatch.pollers import is_engine_served
from workflows.activity_names import FIND_FREE_SLOTS, IS_ENGINE_SERVED

OPEN_JOBS = "WorkflowType = 'RenderJob' AND ExecutionStatus = 'Running'"
_SLOTS = re.compile(r" slots=(\d+)$")
_MOST_LENT = 100
"""Waiting activities hold files and heartbeat: no more of them than a large batch's window."""


class RenderSlots(CustomSlotSupplier):
    """`size` slots. An activity that needs no render process lends its slot meanwhile: one that
    waits for another one's render, or hands its own over.

    Temporal's SDK calls from threads of its own.
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._free = size  # below zero while activities that had lent theirs work again
        self._lent = 0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = deque()

    @contextmanager
    def lent(self) -> Generator[None]:
        """The caller's slot is for another activity meanwhile, unless too many are lent."""
        lends = self._lent < _MOST_LENT
        if lends:
            self._lent += 1
            self._give(1)
        try:
            yield
        finally:
            if lends:
                self._lent -= 1
                self._give(-1)

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

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:
        """A slot counts from its reservation on."""

    def release_slot(self, ctx: SlotReleaseContext) -> None:  # noqa: ARG002
        self._give(1)

    def _give(self, number: int) -> None:
        with self._lock:
            self._free += number
            self._wake()

    def _wake(self) -> None:
        """Let as many look again as there are slots."""
        for _ in range(min(self._free, len(self._waiting))):
            loop, event = self._waiting.popleft()
            loop.call_soon_threadsafe(event.set)


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
        queue = await self._client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=self._client.namespace,
                task_queue=TaskQueue(name=render_task_queue(question.engine)),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
                report_pollers=True,
                report_stats=True,
            )
        )
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
