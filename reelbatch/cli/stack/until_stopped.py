"""Stopping on Ctrl-C, on SIGTERM and when the terminal is closed."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from reelbatch.stop_signals import on_stop_signals

T = TypeVar("T")


def listen_for_stop(on_second_signal: Callable[[], None]) -> asyncio.Event:
    """Return an event that the first signal sets; the second one calls `on_second_signal`."""
    stop = asyncio.Event()

    def handle() -> None:
        if stop.is_set():
            on_second_signal()
        stop.set()

    on_stop_signals(handle, hangup=True)
    return stop


async def until_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Await `work` and return its result; if `stop` is set first, cancel it and return None."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return None
