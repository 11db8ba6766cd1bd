"""Which processes there are below this one (proc_pid_stat(5))."""

import os
from dataclasses import dataclass
from pathlib import Path

_PARENT, _START = 1, 19  # fields of /proc/PID/stat, counted after the name


@dataclass(frozen=True)
class Process:
    """A process, told from a later one with the same number by its start."""

    pid: int
    started: int  # clock ticks

    @property
    def is_running(self) -> bool:
        fields = _fields(self.pid)
        return bool(fields) and fields[0] != "Z" and int(fields[_START]) == self.started

    @property
    def command(self) -> str:
        try:
            return Path(f"/proc/{self.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""


def descendants() -> set[Process]:
    """All processes below this one."""
    children: dict[int, list[Process]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if fields := _fields(int(folder.name)):
            process = Process(int(folder.name), int(fields[_START]))
            children.setdefault(int(fields[_PARENT]), []).append(process)
    found: set[Process] = set()
    waiting = list(children.get(os.getpid(), ()))
    while waiting:
        process = waiting.pop()
        found.add(process)
        waiting += children.get(process.pid, ())
    return found


def _fields(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
