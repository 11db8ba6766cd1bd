"""Efficiency: a batch through the whole service, compared with the same renders in a bare loop."""

import json
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.figures import Figure, seconds_of
from bench.processor import measure_both
from bench.promo import CODEC, FRAMES, TEMPLATE, promo_request
from bench.run import Run
from bench.service import PROCESSES
from reelbatch.engines.base import Renderer, RenderRequest
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output

_LOWER_THIRD = Path(__file__).parents[1] / "examples" / "templates" / "lower-third.json"
_STILL_CODEC, _STILL_FRAME = "image_png", 30


@dataclass(frozen=True)
class _Work:
    """The render that both sides repeat."""

    kind: str
    template: Path
    settings: dict[str, Any]
    request: Callable[[Path, int], RenderRequest]  # from a folder and a number

    def body(self, template_id: str, jobs: int) -> bytes:
        template = {"id": template_id, "composition": "main"}
        return json.dumps(
            {"jobs": [{"template": template, "settings": self.settings}] * jobs}
        ).encode()


def efficiency(run: Run) -> list[Figure]:
    """Films of two seconds, with one render process per core."""
    films = _Work("films", TEMPLATE, {"codec": CODEC, "frames": [0, FRAMES]}, _film)
    seconds, _ = _compare(run, films, run.sizes.films, "efficiency, {} films", goal=0.92)
    return [seconds]


def stills(run: Run) -> list[Figure]:
    """Stills of 1280 x 720, because the largest batches consist of stills."""
    settings = {"type": "image", "codec": _STILL_CODEC, "frames": _STILL_FRAME}
    pictures = _Work("stills", _LOWER_THIRD, settings, _still)
    return _compare(run, pictures, run.sizes.stills, "{} stills", goal=0.62)


def _compare(run: Run, work: _Work, number: int, name: str, goal: float) -> list[Figure]:
    """Two figures: elapsed time and processor time."""
    team, folder = run.service().team, run.folder(work.kind)
    render = partial(_render, work.request, folder)
    with multiprocessing.get_context("spawn").Pool(PROCESSES, _prepare) as bare:
        template = team.push(work.template)
        bare.map(render, range(2 * PROCESSES), chunksize=1)  # both start warm
        team.run(work.body(template, 2 * PROCESSES))
        return measure_both(
            Figure(
                name=name.format(number),
                ours=f"a batch of {number} {work.kind} through API, Temporal and worker",
                other=f"the same renders by {PROCESSES} processes in a bare loop",
                goal=goal,
            ),
            lambda: team.run(work.body(template, number)),
            lambda: seconds_of(lambda: bare.map(render, range(number), chunksize=1)),
            run.sizes.long_rounds,
        )


def _film(folder: Path, number: int) -> RenderRequest:
    return promo_request(folder, FRAMES, f"bare-{number}")


def _still(folder: Path, number: int) -> RenderRequest:
    return RenderRequest(
        template=_LOWER_THIRD,
        template_type="lottie",
        composition="main",
        output=Output(
            output_type="image",
            codec=_STILL_CODEC,
            first_frame=_STILL_FRAME,
            end_frame=_STILL_FRAME + 1,
        ),
        output_path=folder / f"bare-{number}.png",
        work_dir=folder,
    )


_renderer: Renderer | None = None


def _prepare() -> None:
    global _renderer
    os.nice(5)  # like render processes
    _renderer = LottieEngine.renderer()


def _render(request: Callable[[Path, int], RenderRequest], folder: Path, number: int) -> None:
    assert _renderer is not None, "_prepare has run"
    _renderer.render(request(folder, number), lambda _percent: None)
