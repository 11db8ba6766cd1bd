"""What the processes of a running service do while it is sent something hostile."""

import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.integration.service import processor_seconds

_BETWEEN_PROBES = 0.01  # seconds
# Of most memory, beside what was sent: that is in memory up to four times, as text and as values.
_MOST_GROWTH, _MOST_COPIES = 128 * 1024**2, 4
_LONGEST_PAUSE = 2.5  # seconds of the API's own computing


@dataclass
class Watch:
    """The figures are there when the watch has ended; all but `pause` are bytes."""

    pids: Mapping[str, int]  # of `api` and of `worker`
    api: str  # its address
    growth: dict[str, int] = field(default_factory=dict[str, int])  # of the most memory, by process
    pause: float = 0.0  # seconds: the longest that /healthz took
    busy_pause: float = 0.0  # of those, what the API computed itself: others use the machine too

    @contextmanager
    def running(self) -> Generator[None]:
        before = {name: _memory(pid, "VmRSS") for name, pid in self.pids.items()}
        for pid in self.pids.values():
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak is forgotten
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
        """What was sent, in bytes, has cost no more than it may."""
        assert self.growth["api"] < _MOST_GROWTH + _MOST_COPIES * sent
        assert self.growth["worker"] < _MOST_GROWTH
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
    """See proc_pid_status(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [kilobytes] = (line.split()[1] for line in lines if line.startswith(f"{what}:"))
    return int(kilobytes) * 1024
