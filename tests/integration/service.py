"""A whole running service, started with `reelbatch up`, and helpers to inspect it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx

from reelbatch.cli.stack.connection_file import Connection

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0  # seconds to wait for a condition before the test fails

T = TypeVar("T")


def until(look: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Repeat `look` until it returns something other than None."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if (seen := look()) is not None:
            return seen
        time.sleep(0.1)
    raise AssertionError(f"no {what} within {patience:.0f} seconds")


class Service:
    """`reelbatch up` with its own home, and a client of its API."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.scratch = home / "scratch"
        self._up: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(timeout=60)
        self.connection: Connection

    def start(self) -> None:
        file = self.home / "connection.json"
        earlier = written_at(file)
        self.home.mkdir(parents=True, exist_ok=True)
        ports = [f"--{name}-port=0" for name in ("api", "temporal", "ui")]
        with (self.home / "up.log").open("ab") as log:
            self._up = subprocess.Popen(
                [sys.executable, "-m", "reelbatch", "up", f"--home={self.home}", *ports],
                cwd=ROOT,
                env={
                    **os.environ,
                    "REELBATCH_SCRATCH": str(self.scratch),
                    "TEMPORAL_API_KEY": "for another server",  # the stack's own server needs none
                    "REELBATCH_ALLOW_PRIVATE_NETWORKS": "true",  # tests serve assets themselves
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until(lambda: written_at(file) != earlier or None, "connection.json", 90)
        self.connection = Connection.model_validate_json(file.read_bytes())
        self.http.base_url = self.connection.base_url
        self.http.headers["Authorization"] = f"Bearer {self.connection.token}"

    def stop(self) -> int:
        """Stop the service as Ctrl-C does, and return its exit code."""
        assert self._up is not None
        self._up.send_signal(signal.SIGINT)
        return self._up.wait(timeout=60)

    def worker_pid(self) -> int | None:
        """The process id of the current worker."""
        return self.pid_of("worker")

    def pid_of(self, module: str) -> int | None:
        assert self._up is not None
        for pid in descendants(self._up.pid):
            if command_of(pid)[-2:] == ["-m", module]:
                return pid
        return None

    def post(self, path: str, body: Any) -> Any:
        response = self.http.post(path, json=body)
        assert response.status_code == 201, response.text
        return response.json()

    def get(self, path: str) -> Any:
        response = self.http.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    def upload_template(self, content: bytes, template_type: str = "lottie") -> str:
        """Create a template, upload its file and wait for its inspection. Returns its id."""
        created = self.post("/templates", {"type": template_type, "displayName": "test"})
        upload = httpx.put(created["uploadInfo"]["url"], content=content, timeout=60)
        assert upload.status_code == 200, upload.text

        def look() -> str | None:
            status = self.get(f"/templates/{created['id']}")["status"]
            return status if status in ("uploaded", "error") else None

        assert until(look, "inspection") == "uploaded"
        return created["id"]

    def poll_to_the_end(self, batch_id: str) -> Iterator[Any]:
        """Poll the batch until nothing is pending, and check the counts of each response."""
        started = time.monotonic()
        while (elapsed := time.monotonic() - started) < PATIENCE:
            batch = self.get(f"/batches/{batch_id}")
            check_counts(batch)
            yield batch
            if batch["stats"]["pending"] == 0:
                return
            time.sleep(max(0.1, elapsed / 50))  # reading a large batch is not free
        raise AssertionError(f"jobs still pending after {PATIENCE:.0f} seconds")

    def end_of(self, batch_id: str) -> Any:
        *_, last = self.poll_to_the_end(batch_id)
        return last


def written_at(file: Path) -> int | None:
    return file.stat().st_mtime_ns if file.exists() else None


def check_counts(batch: Any) -> None:
    stats, statuses = batch["stats"], [job["status"] for job in batch["jobs"]]
    assert stats["total"] == stats["finished"] + stats["error"] + stats["pending"] == len(statuses)
    assert stats["finished"] == statuses.count("finished")
    assert stats["error"] == statuses.count("error") + statuses.count("manually_cancelled")
    assert stats["cancelled"] == statuses.count("manually_cancelled")


def descendants(pid: int) -> list[int]:
    """All descendants of the process."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [below for child in map(int, children) for below in (child, *descendants(child))]


def command_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    except OSError:
        return []


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def processor_seconds(pid: int) -> float:
    """The processor time that a process has used so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
