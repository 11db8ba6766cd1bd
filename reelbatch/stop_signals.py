"""The signals that ask a process to stop: Ctrl-C, SIGTERM, a closed terminal or console."""

import asyncio
import signal
import sys
from collections.abc import Callable
from types import FrameType


def on_stop_signals(handle: Callable[[], None], *, hangup: bool = False) -> None:
    """Call `handle` in the running event loop at each signal that asks to stop.

    A closed terminal counts where `hangup` is set. Services of Windows are stopped by Ctrl-Break.
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
