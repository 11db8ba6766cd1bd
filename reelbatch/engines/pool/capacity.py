"""The number of render processes that this machine or container can run."""

import os
import sys
from pathlib import Path

INSPECTIONS = 2
"""Inspections that run at the same time, in addition to renders, so that a slow one does not hold
up all others."""

_USUAL_MEMORY = 512 * 1024**2  # bytes of a render process that draws 1920 x 1080 pixels
_CGROUP = Path("/sys/fs/cgroup")  # of this container, or of the whole machine


def carried_processes(cgroup: Path = _CGROUP, memory: int | None = None) -> int:
    """Return one process per core, fewer if memory is short, but at least one.

    `memory` is the machine's, in bytes. A container's limits are read from cgroups, version 2
    (https://docs.kernel.org/admin-guide/cgroup-v2.html): its quota of processor time, counted in
    cores, and its maximum memory.
    """
    import psutil  # here, because render processes import this package and don't need psutil

    if memory is None:
        memory = psutil.virtual_memory().total
    cores = min(float(_cores()), _quota(cgroup))
    memory = min(memory, _limit(cgroup, memory))
    return max(1, min(int(cores), memory // _USUAL_MEMORY))


def _cores() -> int:
    """Return the number of cores that this process may use; on macOS, that of all cores."""
    if sys.platform == "darwin":
        return os.cpu_count() or 1
    import psutil

    return len(psutil.Process().cpu_affinity() or [0])


def _quota(cgroup: Path) -> float:
    """Return the quota of processor time in cores; infinite if there is none."""
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        return int(quota) / int(period)
    return float("inf")


def _limit(cgroup: Path, otherwise: int) -> int:
    limit = _read(cgroup / "memory.max")
    return int(limit) if limit.isdigit() else otherwise


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
