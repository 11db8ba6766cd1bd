"""Starts a complete service with `reelbatch up`, and offers clients for it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import reelbatch.cli.stack.bound_to_parent
from bench import noop_engine
from reelbatch.cli.pushed_templates import push_template
from reelbatch.cli.stack.connection_file import Connection
from reelbatch.cli.stack.home import Home
from reelbatch.cli.stack.stack import FIRST_TEAM
from reelbatch.client import Reelbatch
from reelbatch.models.wire.jobs import JobStatus
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from reelbatch.storage.tokens import create_token

PROCESSES = len(os.sched_getaffinity(0))

_START_TIME = 120.0  # seconds
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 2.0  # seconds between two reads of a batch
_PAUSES = 0.02  # of the elapsed time: reads cost little, and the end is exact to two percent


class Team:
    """A client of the API with the token of one team."""

    def __init__(self, connection: Connection, token: str) -> None:
        self.http = httpx.Client(
            base_url=connection.base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
            trust_env=False,
        )
        self._client = Reelbatch(connection.api_url, token)

    def close(self) -> None:
        self.http.close()
        self._client.close()

    def push(self, file: Path, template_type: str | None = None) -> str:
        """Upload a template and return its id."""
        return push_template(self._client, file, template_type).id

    def submit(self, body: bytes) -> str:
        """Submit a batch, all of whose jobs must be accepted, and return its id."""
        headers = {"Content-Type": "application/json"}
        response = self.http.post("/batches", content=body, headers=headers)
        if response.status_code != 201 or response.json()["status"] != "created":
            raise RuntimeError(f"The benchmark's batch was rejected: {response.text[:500]}")
        return response.json()["batchId"]

    def read(self, batch_id: str) -> Any:
        return self.http.get(f"/batches/{batch_id}").raise_for_status().json()

    def get(self, batch_id: str) -> bytes:
        """The unparsed response."""
        return self.http.get(f"/batches/{batch_id}").raise_for_status().content

    def end(self, batch_id: str) -> None:
        """Cancel the batch and wait until nothing is pending."""
        response = self.http.post(f"/batches/{batch_id}/cancel")
        if response.status_code != 503:  # with a 503 it is recorded, but the worker is busy
            response.raise_for_status()
        self.wait_until_ended(batch_id)

    def wait_until_rendering(self, batch_id: str) -> None:
        while not any(job["status"] == JobStatus.RENDERING for job in self.read(batch_id)["jobs"]):
            time.sleep(_SHORTEST_PAUSE)

    def wait_until_ended(self, batch_id: str, pending: int = 0) -> Any:
        """Poll until at most `pending` jobs are pending, and return the batch."""
        started = time.monotonic()
        while (batch := self.read(batch_id))["stats"]["pending"] > pending:
            pause = _PAUSES * (time.monotonic() - started)
            time.sleep(min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, pause)))
        return batch

    def run(self, body: bytes) -> float:
        """Submit a batch and wait for its end. Return the seconds that it took."""
        started = time.perf_counter()
        batch = self.wait_until_ended(self.submit(body))
        seconds = time.perf_counter() - started
        if batch["stats"]["error"]:
            raise RuntimeError(f"{batch['stats']['error']} jobs of the benchmark failed.")
        return seconds


@dataclass(frozen=True)
class Service:
    """A running service, with a client of its first team."""

    home: Home
    connection: Connection
    team: Team
    processes: dict[str, int]  # pids of `api` and `worker`

    team_name = FIRST_TEAM

    @contextmanager
    def other_team(self) -> Generator[Team]:
        store = open_store(self.settings.object_store)
        token, _ = asyncio.run(create_token(store, "other", "bench"))
        team = Team(self.connection, token)
        try:
            yield team
        finally:
            team.close()

    @property
    def settings(self) -> Settings:
        return Settings(
            temporal_address=self.connection.temporal_address,
            temporal_environment=False,
            object_store=str(self.home.objects),
        )


@contextmanager
def running_service(folder: Path, *, render_cache: bool = False) -> Generator[Service]:
    """Run the service with all engines and `bench.noop_engine`, in an empty folder.

    Without `render_cache` every job is rendered, even if it equals another, as most figures need.
    """
    home = Home.at(folder / "home")
    up = _start(folder, home, render_cache=render_cache)
    try:
        connection = _connection(up, home)
        team = Team(connection, connection.token)
        try:
            yield Service(home, connection, team, _processes(up.pid))
        finally:
            team.close()
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(timeout=60)


def _start(folder: Path, home: Home, *, render_cache: bool) -> "subprocess.Popen[bytes]":
    engines = noop_engine.install(folder / "engines")
    modules = (str(engines), os.environ.get("PYTHONPATH", ""))
    home.prepare()
    with (folder / "up.log").open("wb") as log:
        return subprocess.Popen(
            [
                # Ends the service with this program, even if this program is killed.
                *(
                    sys.executable,
                    "-IS",
                    reelbatch.cli.stack.bound_to_parent.__file__,
                    str(os.getpid()),
                ),
                *(sys.executable, "-m", "reelbatch", "up", f"--home={home.path}"),
                *(f"--{name}-port=0" for name in ("api", "temporal", "ui")),
            ],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, modules)),
                "REELBATCH_RENDER_PROCESSES": str(PROCESSES),
                "REELBATCH_SCRATCH": str(folder / "scratch"),
                "REELBATCH_RENDER_CACHE": str(render_cache),
            },
            stdout=log,
            stderr=log,
        )


def _connection(up: "subprocess.Popen[bytes]", home: Home) -> Connection:
    deadline = time.monotonic() + _START_TIME
    while not home.connection_file.exists():
        if up.poll() is not None or time.monotonic() > deadline:
            output = (home.path.parent / "up.log").read_text()
            raise RuntimeError(f"`reelbatch up` did not start the service:\n{output}")
        time.sleep(0.05)
    return Connection.model_validate_json(home.connection_file.read_bytes())


def _processes(up: int) -> dict[str, int]:
    return {
        name: pid
        for pid in children_of(up)
        for name in ("api", "worker")
        if _command(pid)[-2:] == ["-m", name]
    }


def children_of(pid: int) -> Sequence[int]:
    return [
        int(child)
        for children in Path(f"/proc/{pid}/task").glob("*/children")
        for child in children.read_text().split()
    ]


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
