"""Stills: what comes in the largest numbers, against the same renders in a bare loop."""

import json
import multiprocessing
import os
from pathlib import Path
from time import perf_counter

from bench.figures import Figure
from bench.processor import measure_both
from bench.run import Run
from bench.service import PROCESSES
from reelbatch.engines.base import Renderer, RenderRequest
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output

_TEMPLATE = Path(__file__).parents[1] / "examples" / "templates" / "lower-third.json"
_CODEC = "image_png"
_FRAME = 30


def stills(run: Run) -> list[Figure]:
    """Pictures of 1280 x 720, on as many render processes as there are cores."""
    team, number = run.service().team, run.sizes.stills
    folder = run.folder("stills")
    with multiprocessing.get_context("spawn").Pool(PROCESSES, _prepare) as bare:
        template = team.push(_TEMPLATE)
        requests = [(folder, each) for each in range(number)]
        bare.map(_render, requests[: 2 * PROCESSES], chunksize=1)  # both start warm
        team.run(_body(template, 2 * PROCESSES))

        def bare_loop() -> float:
            started = perf_counter()
            bare.map(_render, requests, chunksize=1)
            return perf_counter() - started

        return measure_both(
            Figure(
                name=f"{number} stills",
                ours=f"a batch of {number} stills through API, Temporal and worker",
                other=f"the same renders by {PROCESSES} processes in a bare loop",
                goal=0.62,
            ),
            lambda: team.run(_body(template, number)),
            bare_loop,
            run.sizes.long_rounds,
        )


def _body(template: str, stills: int) -> bytes:
    still = {
        "template": {"id": template, "composition": "main"},
        "settings": {"type": "image", "codec": _CODEC, "frames": _FRAME},
    }
    return json.dumps({"jobs": [still] * stills}).encode()


_renderer: Renderer | None = None


def _prepare() -> None:
    global _renderer
    os.nice(5)  # as render processes do
    _renderer = LottieEngine.renderer()


def _render(request: tuple[Path, int]) -> None:
    assert _renderer is not None, "_prepare has run"
    folder, number = request
    still = RenderRequest(
        template=_TEMPLATE,
        template_type="lottie",
        composition="main",
        output=Output(output_type="image", codec=_CODEC, first_frame=_FRAME, end_frame=_FRAME + 1),
        output_path=folder / f"bare-{number}.png",
        work_dir=folder,
    )
    _renderer.render(still, lambda _percent: None)
