"""Finds the processes that the test process has started."""

from pathlib import Path


def children_of_command(word: str) -> set[int]:
    """The children whose command line contains `word` (proc_pid_task_children(5))."""
    threads = Path("/proc/self/task").iterdir()
    pids = [int(pid) for thread in threads for pid in _read(thread / "children").split()]
    return {pid for pid in pids if word.encode() in _read(Path(f"/proc/{pid}/cmdline"))}


def _read(file: Path) -> bytes:
    """The file's content; empty if the thread or process has just ended."""
    try:
        return file.read_bytes()
    except OSError:
        return b""
