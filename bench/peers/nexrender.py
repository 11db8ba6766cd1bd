"""nexrender's open-source server, with workers that do not render.

A worker requests a job from the server and reports it as finished, as nexrender's own worker does
before and after its render. The client posts one job per request, because the server does not
accept lists, and polls the list of states until all jobs are finished.
"""

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, ClassVar, Self

import httpx

from bench.peers import installed
from bench.peers.programs import free_port, running
from bench.service import PROCESSES

_CONNECTIONS = 10  # for the client that posts jobs
_IDLE = 0.02  # seconds that a worker waits if there is no job
_PATIENCE = 60.0  # seconds to wait for the server to start


class NexrenderQueue(ExitStack):
    name: ClassVar[str] = "nexrender's server"
    folder: ClassVar[str] = "nexrender"
    work: ClassVar[str] = (
        f"jobs of nexrender's open-source server, {PROCESSES} workers without a render"
    )

    @staticmethod
    def is_installed() -> bool:
        return installed.node() is not None

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._url = f"http://127.0.0.1:{free_port()}/api/v1"

    def __enter__(self) -> Self:
        node = installed.node()
        assert node is not None
        port = self._url.rpartition(":")[2].partition("/")[0]
        command = (node, f"{installed.NEXRENDER_SERVER.resolve()}", "--port", port)
        database = {"NEXRENDER_DATABASE": f"{self._folder / 'database.json'}"}
        log = self._folder / "log"
        self.enter_context(running(command, log, {**os.environ, **database}))
        asyncio.run(self._wait_for_server())
        return self

    def run(self, number: int) -> float:
        """Submit `number` jobs, poll until all have ended, and return the seconds."""
        return asyncio.run(self._run(number))

    async def _run(self, number: int) -> float:
        async with self._client() as client:
            started = perf_counter()
            workers = [asyncio.create_task(_work(client)) for _ in range(PROCESSES)]
            jobs = await _submit(client, number)
            while not jobs.issubset(await _finished(client)):  # noqa: ASYNC110  # the server sends no events
                await asyncio.sleep(0.2)
            seconds = perf_counter() - started
            for worker in workers:
                worker.cancel()
            for job in jobs:  # so that each round begins alike
                await client.delete(f"/jobs/{job}")
        return seconds

    async def _wait_for_server(self) -> None:
        deadline = monotonic() + _PATIENCE
        async with self._client() as client:
            while True:
                try:
                    (await client.get("/health")).raise_for_status()
                except httpx.HTTPError:
                    if monotonic() > deadline:
                        raise
                    await asyncio.sleep(0.05)
                else:
                    return

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._url, timeout=120, trust_env=False)


async def _submit(client: httpx.AsyncClient, number: int) -> set[str]:
    gate = asyncio.Semaphore(_CONNECTIONS)

    async def post(index: int) -> str:
        job = {"template": {"src": f"file:///{index}.aep", "composition": "main"}}
        async with gate:
            response = await client.post("/jobs", json=job)
        return response.raise_for_status().json()["uid"]

    return set(await asyncio.gather(*map(post, range(number))))


async def _finished(client: httpx.AsyncClient) -> set[str]:
    jobs: list[Any] = (await client.get("/jobs")).raise_for_status().json()
    return {job["uid"] for job in jobs if job["state"] == "finished"}


async def _work(client: httpx.AsyncClient) -> None:
    while True:
        job = (await client.get("/jobs/pickup")).raise_for_status().json()
        if not job:
            await asyncio.sleep(_IDLE)
            continue
        done = {**job, "state": "finished"}
        (await client.put(f"/jobs/{job['uid']}", json=done)).raise_for_status()
