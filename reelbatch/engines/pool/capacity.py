"""How many render processes a machine, or the container that this runs in, can carry."""

import os
import sys
from pathlib import Path

INSPECTIONS = 2
"""Of templates at once, beside the renders: one that takes long does not hold up all others."""

_USUAL_MEMORY = 512 * 1024**2  # bytes of a render process with pictures of 1920 x 1080
_CGROUP = Path("/sys/fs/cgroup")  # of this container, or of the whole machine


def carried_processes(cgroup: Path = _CGROUP, memory: int | None = None) -> int:
    """One a core, as far as the memory goes, and at least one.

    `memory` is the machine's, in bytes. The limits of a container are those of cgroups, version 2
    (https://docs.kernel.org/admin-guide/cgroup-v2.html): the cores that a quota of time amounts
    to, and its largest memory.
    """
    import psutil  # which render processes import with this package, and have no use for

    if memory is None:
        memory = psutil.virtual_memory().total
    cores = min(float(_cores()), _quota(cgroup))
    memory = min(memory, _limit(cgroup, memory))
    return max(1, min(int(cores), memory // _USUAL_MEMORY))


def _cores() -> int:
    """Those that this process may run on; all of them on macOS, which does not tell."""
    if sys.platform == "darwin":
        return os.cpu_count() or 1
    import psutil

    return len(psutil.Process().cpu_affinity() or [0])


def _quota(cgroup: Path) -> float:
    """Cores; infinite without a quota."""
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
