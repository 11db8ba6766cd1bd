"""Work that must be completed even if a cancellation comes, since it reports what has happened."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def uninterrupted(work: Awaitable[T]) -> T:
    """Wait until `work` has ended; a cancellation that comes meanwhile is ignored."""
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        return await running
