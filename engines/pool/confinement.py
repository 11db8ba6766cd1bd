"""What a render process may not do: outlive its parent, read secrets, use up the machine."""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_NICENESS = 5  # the API and the worker on the same machine stay responsive
_OPEN_FILES = 1024
_LARGEST_FILE = 64 * 1024**3  # bytes: an hour of 4K ProRes 4444 is larger than any sane output

_ALLOWED_VARIABLES = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV"}
)
_ALLOWED_PREFIXES = ("FONTCONFIG_", "LC_")


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a render process gets: an allow-list, so that no secret is among them."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in _ALLOWED_VARIABLES or name.startswith(_ALLOWED_PREFIXES)
    }
    search_path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    quiet_encoder = {"SVT_LOG": "1"}  # SVT-AV1 prints a banner a file otherwise
    return {**kept, **quiet_encoder, "PYTHONPATH": search_path}


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends.

    Only Linux has this; elsewhere the end of the socket ends the process.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # it ended before the kernel knew


def confine(memory: int) -> None:
    """Limit what this process may use from now on; `memory` is bytes beyond what it has."""
    os.nice(_NICENESS)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_FSIZE, _LARGEST_FILE)
    if sys.platform == "linux":  # elsewhere the limit is not kept, or cannot be set
        _lower(resource.RLIMIT_AS, _address_space() + memory)


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(limit, (value, value))


def _address_space() -> int:
    """Bytes of address space that this process has (proc_pid_statm(5))."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
