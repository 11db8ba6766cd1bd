"""How many activities a worker takes: one a render process, and those that only wait besides."""

import asyncio
import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager

from temporalio.worker import (
    CustomSlotSupplier,
    SlotMarkUsedContext,
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
)

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
