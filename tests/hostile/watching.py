"""Watches the processes of a running service during an attack."""

import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.integration.service import processor_seconds

_BETWEEN_PROBES = 0.01  # seconds
# Peak memory may grow by this many bytes, plus a multiple of what was sent, which is in memory up
# to four times, as text and as values.
_MAX_GROWTH, _MAX_COPIES = 128 * 1024**2, 4
_LONGEST_PAUSE = 2.5  # seconds of the API's own processor time


@dataclass
class Watch:
    """Measures two processes. The figures are available after `running` has ended."""

    pids: Mapping[str, int]  # of `api` and `worker`
    api: str  # its URL
    growth: dict[str, int] = field(default_factory=dict[str, int])  # of peak memory, in bytes
    pause: float = 0.0  # seconds: the longest time that /healthz took
    busy_pause: float = 0.0  # seconds of that in which the API used the processor

    @contextmanager
    def running(self) -> Generator[None]:
        before = {name: _memory(pid, "VmRSS") for name, pid in self.pids.items()}
        for pid in self.pids.values():
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # resets the peak
        over = threading.Event()
        probing = threading.Thread(target=self._probe, args=[over], name="health probe")
        probing.start()
        try:
            yield
        finally:
            over.set()
            probing.join()
        for name, pid in self.pids.items():
            self.growth[name] = max(0, _memory(pid, "VmHWM") - before[name])

    def check(self, sent: int) -> None:
        """Check the costs of an attack that sent this number of bytes."""
        assert self.growth["api"] < _MAX_GROWTH + _MAX_COPIES * sent
        assert self.growth["worker"] < _MAX_GROWTH
        assert self.busy_pause < _LONGEST_PAUSE

    def _probe(self, over: threading.Event) -> None:
        with httpx.Client(timeout=600, trust_env=False) as http:
            while not over.wait(_BETWEEN_PROBES):
                computed, begun = processor_seconds(self.pids["api"]), time.monotonic()
                http.get(f"{self.api}/healthz").raise_for_status()
                pause = time.monotonic() - begun
                computed = processor_seconds(self.pids["api"]) - computed
                self.pause = max(self.pause, pause)
                self.busy_pause = max(self.busy_pause, min(pause, computed))


def _memory(pid: int, what: str) -> int:
    """Return a figure of a process in bytes; see proc_pid_status(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [kilobytes] = (line.split()[1] for line in lines if line.startswith(f"{what}:"))
    return int(kilobytes) * 1024
