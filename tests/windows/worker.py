"""A worker on Windows, for a service on Linux."""

import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

from tests.api.temporal import free_port
from tests.deployment.container import Container
from tests.deployment.programs import find
from tests.deployment.topology import HEALTH, METRICS
from tests.integration.service import until
from tests.windows.machine import Windows

PATIENCE = 240.0  # seconds; on an idle machine, a start takes ten
RENDER_PROCESS = "engines.pool.child"
PROGRAMS = ("nexrender-cli", "@nexrender", "aerender")  # marks of the programs that renders start
_SETTINGS = ("REELBATCH_", "AWS_")


class WindowsWorker:
    """Has the settings of a worker on Linux, but no confinement, which Windows doesn't support."""

    def __init__(self, windows: Windows, application: Path, like: Container) -> None:
        self.log = application.with_name("windows-worker.log")
        self.metrics, self._health = (f"127.0.0.1:{free_port()}" for _ in range(2))
        settings = {
            name: value
            for name, value in like.environment.items()
            if name.startswith(_SETTINGS) and name != "REELBATCH_SCRATCH"
        }
        self._environment = {
            **windows.environment(application),
            **settings,
            "REELBATCH_CONFINEMENT": "available",
            HEALTH: self._health,
            METRICS["worker"]: self.metrics,
        }
        self._windows, self._folder = windows, application.parent
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the worker and wait until it is ready."""
        with self.log.open("ab") as log:
            self._process = self._start(self._environment, "worker", "--engines", "nexrender")
            # In wine, Python for Windows does not start with its output in a file.
            subprocess.Popen(["/bin/cat"], stdin=self._process.stdout, stdout=log)
        until(self._is_ready, "worker on Windows", PATIENCE)

    def stop(self) -> int:
        """Press Ctrl-C, wait for the end, and return the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(PATIENCE)

    def kill(self) -> None:
        """End only this process, like the task manager."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def doctor(self) -> str:
        """Return the output of `reelbatch doctor` on Windows."""
        environment = {**self._environment, "REELBATCH_ENGINES": '["nexrender"]'}
        output, _ = self._start(environment, "doctor").communicate(timeout=PATIENCE)
        return output.decode()

    def hold_renders(self) -> None:
        """Keep renders of After Effects from ending from now on."""
        self._windows.hold.touch()

    def release_renders(self) -> None:
        self._windows.hold.unlink(missing_ok=True)

    def running(self, *marks: str) -> list[str]:
        """Return the commands of the machine's processes that contain one of the marks."""
        return [one for one in _commands(self._windows) if any(mark in one for mark in marks)]

    def scratch_folders(self) -> list[Path]:
        return list(self._windows.drive.glob("users/*/Temp/reelbatch-worker-*"))

    def _start(self, environment: Mapping[str, str], *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [find("wine"), self._windows.python, "-m", "reelbatch", *command],
            cwd=self._folder,
            env=environment,
            stdin=subprocess.PIPE,  # it does not start without one
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _is_ready(self) -> bool | None:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text(errors="replace")[-3000:]
        try:
            url = f"http://{self._health}/readyz"
            return httpx.get(url, trust_env=False, timeout=5).is_success or None
        except httpx.TransportError:
            return None


def _commands(windows: Windows) -> list[str]:
    """Return the commands of the machine's processes, except those that have just ended."""
    prefix, commands = windows.environment()["WINEPREFIX"], list[str]()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("WINEPREFIX") == prefix:
                commands.append(" ".join(process.cmdline()))
    return commands
