"""Many things at once, and not more of them than the store or Temporal takes well."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

R = TypeVar("R")
T = TypeVar("T")


async def gather_each(
    work: Callable[[T], Awaitable[R]], things: Iterable[T], *, at_once: int = 32
) -> list[R]:
    """What `work` returns for each of `things`, in their order. Raises the first of its errors."""
    gate = asyncio.Semaphore(at_once)

    async def gated(thing: T) -> R:
        async with gate:
            return await work(thing)

    return await asyncio.gather(*map(gated, things))
