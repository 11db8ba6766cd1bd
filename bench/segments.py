"""Segments: one long film through the service, split over all cores and rendered whole."""

import json
import os
import zipfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.figures import Figure, measure
from bench.promo import CODEC, FRAMES, TEMPLATE
from bench.run import Run
from bench.service import PROCESSES, Team, running_service

_SETTING = "REELBATCH_SEGMENT_PIXELS"
_SPLIT, _WHOLE = "100000000", "0"  # pixels: 108 frames, so that only the slots decide


def segments(run: Run) -> list[Figure]:
    """The product promo, repeated several times. Only one of the two services works at a time."""
    folder = run.folder("segments")
    film = folder / "promos.zip"
    _write_film(film, run.sizes.plays)
    with _service(folder / "split", _SPLIT) as split, _service(folder / "whole", _WHOLE) as whole:
        templates = {team: team.push(film) for team in (split, whole)}
        bodies = {team: _body(template) for team, template in templates.items()}
        for team, template in templates.items():  # so that all processes are warm
            team.run(_body(template, jobs=PROCESSES, frames=[0, FRAMES]))
        figure = measure(
            Figure(
                name="segments",
                ours=f"a film in segments on {PROCESSES} render processes, through the service",
                other="the same film whole on one of them",
                goal=1.00,
            ),
            lambda: split.run(bodies[split]),
            lambda: whole.run(bodies[whole]),
            run.sizes.long_rounds,
        )
    return [figure]


@contextmanager
def _service(folder: Path, segment_pixels: str) -> Generator[Team]:
    folder.mkdir()
    with ExitStack() as resources:
        os.environ[_SETTING] = segment_pixels
        try:
            service = resources.enter_context(running_service(folder))
        finally:
            del os.environ[_SETTING]
        yield service.team


def _body(template: str, jobs: int = 1, **settings: object) -> bytes:
    film = {
        "template": {"id": template, "composition": "main"},
        "settings": {"codec": CODEC, **settings},
    }
    return json.dumps({"jobs": [film] * jobs}).encode()


def _write_film(path: Path, plays: int) -> None:
    """Write a template whose main composition repeats the promo."""
    with zipfile.ZipFile(TEMPLATE) as promo, zipfile.ZipFile(path, "w") as film:
        for name in promo.namelist():
            content = promo.read(name)
            film.writestr(name, _repeated(content, plays) if name.endswith(".json") else content)


def _repeated(animation: bytes, plays: int) -> str:
    document = json.loads(animation)
    size = {"w": document["w"], "h": document["h"]}
    length = document["op"]
    document["assets"].append({"id": "once", "nm": "once", "layers": document["layers"], **size})
    still = {"a": 0, "k": [0, 0, 0]}
    transform = {"a": still, "p": still, "s": {"a": 0, "k": [100, 100, 100]}}
    document["layers"] = [
        {
            "ty": 0,
            "ind": number + 1,
            "nm": f"time {number}",
            "refId": "once",
            **size,
            "st": number * length,
            "ip": number * length,
            "op": (number + 1) * length,
            "ks": {**transform, "r": {"a": 0, "k": 0}, "o": {"a": 0, "k": 100}},
        }
        for number in range(plays)
    ]
    document["op"] = plays * length
    return json.dumps(document)
