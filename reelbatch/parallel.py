"""Concurrent calls, limited to a number that the object store and Temporal handle well."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

R = TypeVar("R")
T = TypeVar("T")


async def gather_each(
    work: Callable[[T], Awaitable[R]], things: Iterable[T], *, at_once: int = 32
) -> list[R]:
    """Call `work` for each of `things` and return the results in order. Raises the first error."""
    gate = asyncio.Semaphore(at_once)

    async def gated(thing: T) -> R:
        async with gate:
            return await work(thing)

    return await asyncio.gather(*map(gated, things))
