"""Memory: the peaks of the processes with a large batch, compared with a small one."""

from collections.abc import Mapping
from pathlib import Path

from bench.figures import Figure, Kind
from bench.noop_jobs import NoopJobs
from bench.run import Run
from bench.service import Service, children_of, running_service

_JOB_BYTES = 16 * 1024


def memory(run: Run) -> list[Figure]:
    """A new service runs the small batch first, because memory that was used is rarely returned."""
    small, large = run.sizes.small, run.sizes.large
    folder = run.folder("memory")
    with running_service(folder) as service:
        jobs = NoopJobs(service.team, folder)
        before = _peaks_of(service, jobs.at_once(small, _JOB_BYTES))
        after = _peaks_of(service, jobs.at_once(large, _JOB_BYTES))
    return [
        Figure(
            name=f"memory of the {name}",
            ours=f"peak while {large:,} jobs of 16 KB run",
            other=f"peak while {small:,} jobs run",
            goal=2,
            kind=Kind.TIMES,
            unit="MB",
            our_values=[after[name]],
            other_values=[before[name]],
        )
        for name in after
    ]


def _peaks_of(service: Service, batch: bytes) -> Mapping[str, float]:
    """The peaks in megabytes, by process. For render processes, the largest one counts."""
    for pid in service.processes.values():
        _forget_peak(pid)
    service.team.run(batch)
    peaks = {name: _peak(pid) for name, pid in service.processes.items()}
    renders = map(_peak, children_of(service.processes["worker"]))
    return {**peaks, "render process": max(renders, default=0.0)}


def _forget_peak(pid: int) -> None:
    """Reset the peak: 5 does that, see proc_pid_clear_refs(5)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [kilobytes] = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kilobytes) / 1000
