"""The signals that ask a process to stop: Ctrl-C, SIGTERM, and a closed terminal or console."""

import asyncio
import signal
import sys
from collections.abc import Callable
from types import FrameType


def on_stop_signals(handle: Callable[[], None], *, hangup: bool = False) -> None:
    """Call `handle` in the running event loop for each signal that asks the process to stop.

    With `hangup`, that includes a closed terminal. Windows services are stopped by Ctrl-Break.
    """
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":

        def ask(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(handle)

        signal.signal(signal.SIGINT, ask)
        signal.signal(signal.SIGBREAK, ask)
        return
    for number in (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hangup else [])):
        loop.add_signal_handler(number, handle)
