"""Processor time: what a job costs where all cores have jobs. It hardly depends on who else is at
work on the machine, which seconds do."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure, measure
from bench.service import children_of

_TICKS = os.sysconf("SC_CLK_TCK")  # a second
_TIMES = slice(11, 15)  # utime, stime, cutime and cstime behind the name, proc_pid_stat(5)


def measure_both(
    figure: Figure, ours: Callable[[], float], other: Callable[[], float], rounds: int
) -> list[Figure]:
    """Measure as `bench.figures.measure` does; the second figure has the processor time of the
    same rounds."""
    processor = replace(
        figure, name=f"{figure.name}, processor time", our_values=[], other_values=[]
    )
    measure(
        figure,
        lambda: _with_processor(ours, processor.our_values),
        lambda: _with_processor(other, processor.other_values),
        rounds,
    )
    return [figure, processor]


def _with_processor(work: Callable[[], float], processor: list[float]) -> float:
    before = _processor_seconds()
    cost = work()
    processor.append(_processor_seconds() - before)
    return cost


def _processor_seconds() -> float:
    """Of this process and all that it has started, those that have ended among them."""
    return of_tree(os.getpid())


def of_tree(process: int) -> float:
    """The seconds of a process and of all that it has started; none of one that has just ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        started = children_of(process)
    except OSError:
        return 0.0
    return sum(map(int, fields[_TIMES])) / _TICKS + sum(map(of_tree, started))
