"""Which processes there are below this one, on each system."""

import psutil


def descendants() -> set[psutil.Process]:
    """All processes below this one, each told from a later one with the same number."""
    return set(psutil.Process().children(recursive=True))


def is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_of(process: psutil.Process) -> str:
    """Empty where it has ended, or is somebody else's."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
