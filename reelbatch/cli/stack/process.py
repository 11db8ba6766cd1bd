"""One process of the stack: it has its own session, logs to a file, and ends together with all
of its children."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import reelbatch.cli.stack.bound_to_parent
from reelbatch.engines.programs import kill_with_children

_LOG_SIZE = 10 * 1024**2  # bytes; a larger log is rotated at the next start
_TAIL_SIZE = 16 * 1024  # bytes at the end of a log that are searched for its last lines


class StackProcess:
    """A program that does not outlive this process.

    Start it from the main thread: to the kernel, the thread that starts a process is its parent.
    """

    def __init__(
        self,
        *,
        name: str,
        program: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        grace: float,
    ) -> None:
        self.name = name
        self.log = log
        self._program = program
        self._environment = environment
        self._grace = grace  # seconds from SIGTERM to SIGKILL
        self._process: asyncio.subprocess.Process | None = None
        self._swept = True
        self._log_start = 0  # bytes of the log that earlier processes wrote

    @property
    def started(self) -> bool:
        return self._process is not None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        _rotate_large_log(self.log)
        self._swept = False
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-IS",
                reelbatch.cli.stack.bound_to_parent.__file__,
                str(os.getpid()),
                *self._program,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C goes to the stack, which stops its parts in order
            )

    async def wait(self) -> int:
        """Wait for the process to end, kill its remaining children and return its exit code."""
        if self._process is None:
            raise RuntimeError(f"{self.name} has not been started")
        code = await self._process.wait()
        self.kill()
        return code

    async def stop(self) -> None:
        """Ask the process to end; after the grace period, kill it and its children."""
        if self._process is None:
            return
        if self.running:
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), self._grace)
        self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """Kill the process and its children immediately."""
        if self._process is None or self._swept:
            return
        # Only once after its end: later the id may belong to another process group.
        self._swept = self._process.returncode is not None
        kill_with_children(self._process.pid)

    def last_lines(self, count: int = 5) -> list[str]:
        """The last lines that the process has logged since its start."""
        with suppress(OSError), self.log.open("rb") as log:
            log.seek(max(self._log_start, self.log.stat().st_size - _TAIL_SIZE))
            lines = log.read().decode(errors="replace").splitlines()
            return [line.rstrip() for line in lines if line.strip()][-count:]
        return []


def _rotate_large_log(log: Path) -> None:
    with suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_SIZE:
            log.replace(log.with_suffix(".log.1"))
