"""One process of the service, which can be killed at any moment."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.integration.service import ROOT, descendants, is_alive, until

_PATIENCE = 60.0  # seconds for a clean exit


class Part:
    """A program with its environment; it can be restarted after it has ended."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        folder: Path = ROOT,
    ) -> None:
        self.name = name
        self.log = log
        self._folder = folder
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ending = False  # another thread may just have killed it

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and not self._is_ending and self._process.poll() is None

    def start(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._is_ending = False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Send SIGKILL only to this process. Its child processes must end by themselves."""
        assert self._process is not None
        below = descendants(self.pid)
        self._is_ending = True
        self._process.kill()
        self._process.wait()
        until(lambda: not any(map(is_alive, below)) or None, f"end of {self.name}'s children")

    def terminate(self) -> int:
        """Send SIGTERM, and wait for the end. Returns the exit code."""
        assert self._process is not None
        below = descendants(self.pid)
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout=_PATIENCE)
        until(lambda: not any(map(is_alive, below)) or None, f"end of {self.name}'s children")
        return code

    def discard(self) -> None:
        """Kill it if it is running."""
        if self.is_running:
            self.kill()
