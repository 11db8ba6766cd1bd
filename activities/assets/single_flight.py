"""Work that many ask for at once and that is done once."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class SingleFlight(Generic[T]):
    """One task a key at a time. Whoever asks for the key meanwhile gets its result or its error."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}

    async def run(self, key: str, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The task ends early only when nobody waits for it any more."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(start()))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            is_last = flight.waiting == 0
            if (is_last or flight.task.done()) and self._flights.get(key) is flight:
                del self._flights[key]
            if is_last and not flight.task.done():
                flight.task.cancel()
                await asyncio.wait([flight.task])
