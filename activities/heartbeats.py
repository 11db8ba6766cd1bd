"""Heartbeats, which report an activity's progress to Temporal and bring cancellations back."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from temporalio import activity

from reelbatch.models.errors import RendererInterrupted
from reelbatch.models.orchestration.jobs import RenderProgress

HEARTBEAT_INTERVAL = 1.0  # seconds; cancellations arrive with the responses


class Progress:
    """The progress of an activity, in percent."""

    def __init__(self) -> None:
        self.percent = 0.0
        self.waits = False

    def set(self, percent: float) -> None:
        self.percent = max(self.percent, min(100.0, percent))

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Mark the activity as waiting; it stays marked if an error ends the wait."""
        self.waits = True
        self.beat()
        yield
        self.waits = False

    def beat(self) -> None:
        if activity.info().is_local:  # local activities have no heartbeats
            return
        activity.heartbeat(self.percent, self.so_far())

    def so_far(self) -> RenderProgress:
        started_at = activity.info().started_time
        return RenderProgress(
            started_at=started_at, progress=self.percent, waits=self.waits or None
        )


@asynccontextmanager
async def heartbeats(progress: Progress) -> AsyncGenerator[None]:
    """Send heartbeats with the activity's progress.

    Raises RendererInterrupted if the activity was cancelled because the worker is shutting down;
    another worker then takes over.
    """
    beating = asyncio.create_task(_beat(progress))
    try:
        yield
    except asyncio.CancelledError:
        details = activity.cancellation_details()
        if details is not None and details.worker_shutdown:
            raise RendererInterrupted("The worker was stopped before it had finished.") from None
        raise
    finally:
        beating.cancel()


async def _beat(progress: Progress) -> None:
    while True:  # the start itself shows that the activity is alive: short ones need no heartbeat
        await asyncio.sleep(HEARTBEAT_INTERVAL)
        progress.beat()


def is_put_off() -> bool:
    """Whether a local render was stopped so that the job is rendered from the queue instead."""
    return activity.info().is_local and not is_cancelled_by_request()


def is_cancelled_by_request() -> bool:
    """Whether the job itself was cancelled, rather than only this attempt."""
    details = activity.cancellation_details()
    return details is not None and details.cancel_requested
