"""The processes below this one, on every system."""

import psutil


def descendants() -> set[psutil.Process]:
    """Return all processes below this one. A later process with the same number isn't equal."""
    return set(psutil.Process().children(recursive=True))


def is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_of(process: psutil.Process) -> str:
    """Return the command line; empty if the process has ended or belongs to another user."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
