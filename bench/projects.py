"""After Effects projects: inspecting a large one, and rendering a converted one."""

import json
import resource
import time
import zipfile
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import py_aep

from bench.figures import Figure, Kind, measure
from bench.run import Run
from reelbatch.engines.base import Renderer, RenderLimits, RenderRequest
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output

_SIZE, _SHORT_SIZE = 20, 2  # MB; the writer takes five seconds per MB
_SECONDS, _MEBIBYTES = 2.0, 512.0  # the goals for 20 MB
_LAYERS, _KEYFRAMES = 15, 20  # per composition
_COMPOSITIONS = 5.4  # per MB: each takes 186 KB then


def projects(run: Run) -> list[Figure]:
    """Each inspection runs in a new process, which reports its peak memory."""
    folder = run.folder("projects")
    size = _SIZE if run.sizes.rounds > 2 else _SHORT_SIZE
    project, small = folder / "large.aep", folder / "small.aep"
    _write(project, round(size * _COMPOSITIONS))
    _write(small, 1)
    ours = f"a project of {project.stat().st_size / 1e6:.0f} MB is inspected"
    share = size / _SIZE
    seconds = _alone("inspection", ours, _SECONDS * share)
    memory = _alone("memory", ours, _MEBIBYTES, unit="MiB")
    for _ in range(run.sizes.long_rounds):
        with get_context("spawn").Pool(1) as process:
            taken, peak = process.apply(_inspect, (small, project))
        seconds.our_values.append(taken)
        memory.our_values.append(peak)
    return [seconds, memory, _render(folder, small, run.sizes.rounds)]


def _alone(name: str, ours: str, goal: float, *, unit: str = "s") -> Figure:
    return Figure(name=name, ours=ours, other=None, goal=goal, kind=Kind.ALONE, unit=unit)


def _render(folder: Path, project: Path, rounds: int) -> Figure:
    """Render a converted project, and the same document as a Lottie template."""
    renderer, made, lottie = LottieEngine.renderer(), folder / "made", folder / "lottie.json"
    renderer.convert(project, "aep", made, RenderLimits())
    with zipfile.ZipFile(made) as archive:
        lottie.write_bytes(archive.read(json.loads(archive.read("compositions.json"))["Scene 0"]))
    return measure(
        Figure.times(
            "converted",
            ours="a film of a project's composition",
            other="the same film from the same document as a Lottie template",
            goal=1.05,
        ),
        lambda: _film(renderer, made, folder),
        lambda: _film(renderer, lottie, folder),
        rounds,
    )


def _film(renderer: Renderer, template: Path, folder: Path) -> float:
    """Render the film and return the seconds that it took."""
    began = time.perf_counter()
    renderer.render(
        RenderRequest(
            template=template,
            template_type="aep",
            composition="Scene 0",
            output=Output(output_type="video", codec="video_h264_vbr_5mbps"),
            output_path=folder / "film.mp4",
            work_dir=folder,
        ),
        _ignore,
    )
    return time.perf_counter() - began


def _ignore(_: float) -> None:
    """Progress is not needed."""


def _inspect(first: Path, project: Path) -> tuple[float, float]:
    """Seconds and the peak in MiB. Inspecting `first` reads the machine's fonts before."""
    renderer = LottieEngine.renderer()
    renderer.inspect(first, "aep", RenderLimits())
    began = time.perf_counter()
    renderer.inspect(project, "aep", RenderLimits())
    taken = time.perf_counter() - began
    return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _write(file: Path, compositions: int) -> None:
    """Write a project whose compositions contain texts and moving solids."""
    project: Any = py_aep.new().project
    for number in range(compositions):
        scene = project.root_folder.add_comp(f"Scene {number}", 640, 360, 1.0, 2.0, 25.0)
        for layer in range(_LAYERS):
            if layer % 3 == 0:
                scene.add_text(f"Text {layer}")
                continue
            position = scene.add_solid([1.0, 0.0, 0.0], f"Solid {layer}", 40, 40).transform
            times = [0.1 * n for n in range(_KEYFRAMES)]
            places = [[30.0 * n, 10.0 * layer, 0.0] for n in range(_KEYFRAMES)]
            position["ADBE Position"].set_values_at_times(times, places)
    project.save(file)
