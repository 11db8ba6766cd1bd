"""Efficiency: a batch through API, Temporal and worker against the same renders in a bare loop."""

import json
import multiprocessing
import os
from pathlib import Path
from time import perf_counter

from bench.figures import Figure, measure
from bench.promo import CODEC, FRAMES, TEMPLATE, promo_request
from bench.run import Run
from bench.service import PROCESSES
from reelbatch.engines.base import Renderer
from reelbatch.engines.lottie import LottieEngine


def efficiency(run: Run) -> list[Figure]:
    """Films of two seconds, on as many render processes as there are cores."""
    team, films = run.service().team, run.sizes.films
    folder = run.folder("efficiency")
    with multiprocessing.get_context("spawn").Pool(PROCESSES, _prepare) as bare:
        template = team.push(TEMPLATE)
        requests = [(folder, number) for number in range(films)]
        bare.map(_render, requests[:PROCESSES], chunksize=1)  # both start warm
        team.run(_body(template, PROCESSES))

        def bare_loop() -> float:
            started = perf_counter()
            bare.map(_render, requests, chunksize=1)
            return perf_counter() - started

        figure = measure(
            Figure(
                name=f"efficiency, {films} films",
                ours=f"a batch of {films} films through API, Temporal and worker",
                other=f"the same renders by {PROCESSES} processes in a bare loop",
                goal=0.90,
            ),
            lambda: team.run(_body(template, films)),
            bare_loop,
            run.sizes.long_rounds,
        )
    return [figure]


def _body(template: str, films: int) -> bytes:
    film = {
        "template": {"id": template, "composition": "main"},
        "settings": {"codec": CODEC, "frames": [0, FRAMES]},
    }
    return json.dumps({"jobs": [film] * films}).encode()


_renderer: Renderer | None = None


def _prepare() -> None:
    global _renderer
    os.nice(5)  # as render processes do
    _renderer = LottieEngine.renderer()


def _render(request: tuple[Path, int]) -> None:
    assert _renderer is not None, "_prepare has run"
    folder, number = request
    _renderer.render(promo_request(folder, FRAMES, f"bare-{number}"), lambda _percent: None)
