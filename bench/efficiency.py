"""Efficiency: a batch through API, Temporal and worker against the same renders in a bare loop."""

import asyncio
import multiprocessing
import os
from pathlib import Path
from time import perf_counter, sleep

from bench.figures import Figure, measure
from bench.promo import CODEC, FRAMES, TEMPLATE, promo_request
from cli.client import ApiClient
from cli.connection_file import Connection
from cli.home import Home
from cli.stack import EmbeddedStack
from cli.stack_settings import StackOptions
from cli.templates import push_template
from engines.lottie import LottieEngine

_PROCESSES = len(os.sched_getaffinity(0))


def efficiency(folder: Path, jobs: int, rounds: int) -> Figure:
    """`jobs` films of two seconds, on as many render processes as there are cores."""
    return asyncio.run(_with_a_service(folder, jobs, rounds))


async def _with_a_service(folder: Path, jobs: int, rounds: int) -> Figure:
    options = StackOptions(api_port=0, temporal_port=0, ui_port=0, render_processes=_PROCESSES)
    async with EmbeddedStack(Home.at(folder / "home"), options, print) as stack:
        connection = await stack.start()
        return await asyncio.to_thread(_measure, connection, folder, jobs, rounds)


def _measure(connection: Connection, folder: Path, jobs: int, rounds: int) -> Figure:
    with (
        ApiClient(connection.api_url, connection.token) as client,
        multiprocessing.get_context("spawn").Pool(_PROCESSES, _prepare) as bare,
    ):
        template = push_template(client, TEMPLATE).id
        requests = [(folder, number) for number in range(jobs)]
        bare.map(_render, requests[:_PROCESSES], chunksize=1)  # both start warm
        _batch(client, template, _PROCESSES)

        def bare_loop() -> float:
            started = perf_counter()
            bare.map(_render, requests, chunksize=1)
            return perf_counter() - started

        return measure(
            Figure(
                name="efficiency",
                ours=f"a batch of {jobs} films through API, Temporal and worker",
                other=f"the same renders by {_PROCESSES} processes in a bare loop",
                goal=0.90,
            ),
            lambda: _batch(client, template, jobs),
            bare_loop,
            rounds,
        )


def _batch(client: ApiClient, template: str, jobs: int) -> float:
    job = {
        "template": {"id": template, "composition": "main"},
        "settings": {"codec": CODEC, "frames": [0, FRAMES]},
    }
    started = perf_counter()
    created = client.submit_batch({"jobs": [job] * jobs})
    while (batch := client.batch(created.batch_id)).stats.pending:
        sleep(0.2)
    seconds = perf_counter() - started
    if batch.stats.finished != jobs:
        raise RuntimeError(f"{batch.stats.error} jobs of the benchmark failed")
    return seconds


_engine: LottieEngine | None = None


def _prepare() -> None:
    global _engine
    os.nice(5)  # as render processes do
    _engine = LottieEngine()


def _render(request: tuple[Path, int]) -> None:
    assert _engine is not None, "_prepare has run"
    folder, number = request
    _engine.render(promo_request(folder, FRAMES, f"bare-{number}"), lambda _percent: None)
