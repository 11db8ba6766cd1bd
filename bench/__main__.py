"""`python -m bench [--full] [NAME …]`: prints a table, and writes it and a plot to bench-output."""

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from bench.cache import cache
from bench.cancelling import cancelling
from bench.efficiency import efficiency, stills
from bench.fairness import fairness
from bench.figures import Figure
from bench.memory import memory
from bench.orchestration import orchestration
from bench.pages import pages
from bench.peers.films import peers
from bench.peers.queues import peer_queues
from bench.pipeline import pipeline
from bench.plot import plot
from bench.projects import projects
from bench.requests import requests
from bench.run import Run
from bench.segments import segments
from bench.service import PROCESSES
from bench.sizes import FULL, SHORT, Sizes
from bench.table import json_of, table_of
from reelbatch.process import end_process

OUTPUT = Path("bench-output")

BENCHMARKS: dict[str, Callable[[Run], Sequence[Figure]]] = {
    "pipeline": pipeline,
    "efficiency": efficiency,
    "stills": stills,
    "orchestration": orchestration,
    "requests": requests,
    "segments": segments,
    "cancelling": cancelling,
    "fairness": fairness,
    "memory": memory,
    "projects": projects,
    "cache": cache,
    "pages": pages,
    "peers": peers,
    "peer-queues": peer_queues,
}
"""The benchmarks by name, in the order in which they run."""


def main() -> None:
    chosen, sizes = _read_arguments()
    _warn_if_busy()
    figures: list[Figure] = []
    with (
        tempfile.TemporaryDirectory(prefix="reelbatch-bench-") as folder,
        Run(Path(folder), sizes) as run,
    ):
        for name in chosen:
            print(f"measuring: {name} …", flush=True)
            figures += BENCHMARKS[name](run)
    Console().print(table_of(figures))
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / "figures.json").write_text(json_of(figures))
    plot(figures, OUTPUT / "figures.png")
    print(f"Written to {OUTPUT}/figures.json and {OUTPUT}/figures.png.")


def _read_arguments() -> tuple[list[str], Sizes]:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; default: all"
    )
    parser.add_argument(
        "--full", action="store_true", help="measure at full size, as the goals are defined"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"unknown benchmark: {', '.join(sorted(unknown))}")
    return arguments.names or list(BENCHMARKS), FULL if arguments.full else SHORT


def _warn_if_busy() -> None:
    load, _, _ = os.getloadavg()
    if load > PROCESSES / 2:
        print(f"Other programs keep this machine busy (load {load:.1f}): ratios will be imprecise.")


if __name__ == "__main__":  # the processes of the bare loop import this module too
    main()
    end_process(0)
