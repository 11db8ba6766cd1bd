"""Processor time: the cost of a job when all cores are busy. Unlike elapsed time, it hardly
depends on other programs on the machine."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure, measure
from bench.service import children_of

_TICKS = os.sysconf("SC_CLK_TCK")  # per second
_TIMES = slice(11, 15)  # utime, stime, cutime and cstime after the name, see proc_pid_stat(5)


def measure_both(
    figure: Figure, ours: Callable[[], float], other: Callable[[], float], rounds: int
) -> list[Figure]:
    """Like `bench.figures.measure`, with a second figure for the processor time of its rounds."""
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
    """Of this process and all processes that it started, including those that have ended."""
    return seconds_of_tree(os.getpid())


def seconds_of_tree(process: int) -> float:
    """Seconds of a process and all processes that it started; 0 if it has just ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        started = children_of(process)
    except OSError:
        return 0.0
    return sum(map(int, fields[_TIMES])) / _TICKS + sum(map(seconds_of_tree, started))
