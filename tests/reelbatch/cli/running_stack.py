"""A `reelbatch up` with its own home, for the tests of the command line."""

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from reelbatch.cli.stack.connection_file import Connection

FREE_PORTS = ("--api-port", "0", "--temporal-port", "0", "--ui-port", "0")

_PATIENCE = 120.0  # seconds; a start takes three on a quiet machine


class RunningStack:
    """A `reelbatch up` on free ports."""

    def __init__(
        self,
        home: Path,
        environment: dict[str, str],
        program: Sequence[str] = (sys.executable, "-m", "reelbatch"),
        folder: Path = Path("/"),
    ) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [*program, "up", "--home", str(home), *FREE_PORTS],
            env=environment | {"REELBATCH_RENDER_PROCESSES": "1"},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def connection(self) -> Connection:
        return Connection.model_validate_json((self.home / "connection.json").read_bytes())

    def wait_for_line(self, part: str) -> list[str]:
        """Read its output up to the line that contains `part`."""
        lines: list[str] = []
        assert self.process.stdout is not None
        give_up = threading.Timer(_PATIENCE, self.process.kill)
        give_up.start()
        try:
            for line in self.process.stdout:
                lines.append(line.rstrip())
                if part in line:
                    return lines
        finally:
            give_up.cancel()
        pytest.fail(f"no line contains {part!r}: {lines}")

    def processes(self) -> set[int]:
        """All descendants of the stack's process."""
        parents = {pid: parent_of(pid) for pid in pids()}
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.process.pid}

    def workers(self) -> list[int]:
        return [pid for pid in self.processes() if command_of(pid).endswith(b"-m worker")]

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=_PATIENCE)
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)


def pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def parent_of(pid: int) -> int | None:
    state = state_of(pid)
    return int(state[1]) if state else None


def state_of(pid: int) -> list[bytes]:
    """The fields of proc(5)'s stat from the state on; empty if the process has ended."""
    return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def command_of(pid: int) -> bytes:
    return _read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").rstrip()


def _read(file: str) -> bytes:
    """The file's content; empty if the process has ended in the meantime."""
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""
