"""Heartbeats: Temporal learns that an activity lives, and the activity that it is cancelled."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from temporalio import activity

from reelbatch.models.errors import RendererInterrupted

HEARTBEAT_INTERVAL = 1.0  # seconds; the responses tell the worker of cancellations


class Progress:
    """How far the work is, in percent."""

    def __init__(self) -> None:
        self.percent = 0.0

    def set(self, percent: float) -> None:
        self.percent = max(self.percent, min(100.0, percent))


@asynccontextmanager
async def heartbeats(progress: Progress) -> AsyncGenerator[None]:
    """Tell Temporal now and then that the activity lives, and how far it is.

    Raises RendererInterrupted where the worker's own end cancelled the activity: another worker
    takes it over.
    """
    beating = asyncio.create_task(_beat(progress))
    try:
        yield
    except asyncio.CancelledError:
        details = activity.cancellation_details()
        if details is not None and details.worker_shutdown:
            raise RendererInterrupted("The worker was stopped in the middle of it.") from None
        raise
    finally:
        beating.cancel()


async def _beat(progress: Progress) -> None:
    while True:  # the start itself shows that the activity lives: short ones need no heartbeat
        await asyncio.sleep(HEARTBEAT_INTERVAL)
        activity.heartbeat(progress.percent)
