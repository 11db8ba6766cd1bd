"""Celery with Redis: no-op tasks, in one process per core."""

import os
import socket
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import ClassVar, Self

from bench.peers import installed
from bench.peers.programs import free_port, running
from bench.service import PROCESSES

_PATIENCE = 60.0  # seconds to wait for a program to start


class CeleryQueue(ExitStack):
    name: ClassVar[str] = "Celery with Redis"
    folder: ClassVar[str] = "celery"
    work: ClassVar[str] = (
        f"Celery tasks in {PROCESSES} processes, with Debian's configuration of Redis"
    )

    @staticmethod
    def is_installed() -> bool:
        return installed.redis_server() is not None

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._port = free_port()

    def __enter__(self) -> Self:
        redis = installed.redis_server()
        assert redis is not None
        log = self._folder / "log"
        port = ("--port", f"{self._port}", "--bind", "127.0.0.1", "--dir", f"{self._folder}")
        self.enter_context(running((redis, *port), log))
        self._wait_for_redis()
        worker = (*self._python("-m", "celery"), "-A", "bench.peers.celery_tasks", "worker")
        size = ("--concurrency", f"{PROCESSES}", "--without-mingle", "--without-gossip")
        self.enter_context(running((*worker, *size), log, self._environment))
        return self

    def run(self, number: int) -> float:
        """Submit `number` tasks, wait until all have ended, and return the seconds."""
        client = self._python("-m", "bench.peers.celery_tasks", f"{number}")
        done = subprocess.run(client, env=self._environment, check=True, capture_output=True)
        return float(done.stdout)

    def _python(self, *arguments: str) -> tuple[str, ...]:
        return (f"{installed.CELERY.parent / 'python'}", *arguments)

    @property
    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "BENCH_REDIS": f"redis://127.0.0.1:{self._port}/0"}

    def _wait_for_redis(self) -> None:
        deadline = monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except OSError:
                if monotonic() > deadline:
                    raise
                sleep(0.05)
            else:
                return
