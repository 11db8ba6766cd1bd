"""Heartbeats: Temporal learns that an activity lives, and the activity that it is cancelled."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from temporalio import activity

from reelbatch.models.errors import RendererInterrupted
from reelbatch.models.orchestration.jobs import RenderProgress

HEARTBEAT_INTERVAL = 1.0  # seconds; the responses tell the worker of cancellations


class Progress:
    """How far the work is, in percent."""

    def __init__(self) -> None:
        self.percent = 0.0
        self.waits = False

    def set(self, percent: float) -> None:
        self.percent = max(self.percent, min(100.0, percent))

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Nobody works on it meanwhile: not any more either, where an error ends it."""
        self.waits = True
        self.beat()
        yield
        self.waits = False

    def beat(self) -> None:
        if activity.info().is_local:  # nobody hears it
            return
        activity.heartbeat(self.percent, self.so_far())

    def so_far(self) -> RenderProgress:
        started_at = activity.info().started_time
        return RenderProgress(
            started_at=started_at, progress=self.percent, waits=self.waits or None
        )


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
        progress.beat()


def is_put_off() -> bool:
    """Whether a local render was stopped so that the job takes its turn in the queue."""
    return activity.info().is_local and not is_cancelled_by_request()


def is_cancelled_by_request() -> bool:
    """Whether somebody cancelled the job, instead of stopping this attempt at it."""
    details = activity.cancellation_details()
    return details is not None and details.cancel_requested
