"""Landlock: the kernel permanently restricts a process to the folders that it names.

The interface is described at https://docs.kernel.org/userspace-api/landlock.html, and the numbers
come from linux/landlock.h. Each kernel supports a version of it (ABI) with the rights up to that
version. A rule applies to the thread that makes it and to the threads that it starts later.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from enum import IntFlag
from pathlib import Path

from reelbatch.engines.pool.kernel import system_call

if sys.platform != "linux":
    raise ImportError("Landlock exists only on Linux")

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all processors
_ASK_FOR_VERSION = 1
_PATH_BENEATH = 1
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_UNIX_SOCKETS, _SIGNALS = 1, 2
_ABI_OF_NETWORK, _ABI_OF_SCOPES = 4, 6


class _Right(IntFlag):
    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13  # linking and renaming between folders
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


_FIRST_RIGHTS = (_Right.REFER - 1) & ~_Right(0)
_ABI_OF_RIGHT = {_Right.REFER: 2, _Right.TRUNCATE: 3, _Right.IOCTL_DEV: 5}
_ON_FILES = (
    _Right.EXECUTE | _Right.WRITE_FILE | _Right.READ_FILE | _Right.TRUNCATE | _Right.IOCTL_DEV
)
_READ = _Right.EXECUTE | _Right.READ_FILE | _Right.READ_DIR
# No links, sockets or pipes: whatever a render leaves behind is a regular file or folder.
_WRITE = (_Right.READ_FILE | _Right.READ_DIR | _Right.WRITE_FILE | _Right.TRUNCATE) | (
    _Right.REMOVE_DIR | _Right.REMOVE_FILE | _Right.MAKE_DIR | _Right.MAKE_REG | _Right.REFER
)


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def restrict_files(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Restrict this thread to certain files.

    It can read and execute what is in `readable`, and read and change what is in `writable`. Paths
    that don't exist are ignored. If the kernel supports it, TCP, abstract Unix sockets and signals
    to other processes are closed off too.

    The process must have given up new privileges before. Raises OSError without Landlock.
    """
    abi = system_call(_CREATE_RULESET, None, 0, _ASK_FOR_VERSION)
    handled = _handled_rights(abi)
    ruleset = _create_ruleset(handled, abi)
    try:
        for paths, rights in ((readable, _READ), (writable, _WRITE)):
            for path in paths:
                _allow(ruleset, path, rights & handled)
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _handled_rights(abi: int) -> _Right:
    newer = [right for right, since in _ABI_OF_RIGHT.items() if abi >= since]
    rights = _Right(_FIRST_RIGHTS)
    for right in newer:
        rights |= right
    return rights


def _create_ruleset(handled: _Right, abi: int) -> int:
    """Return a file descriptor. An older kernel accepts only the fields that it knows."""
    rules = _Ruleset(handled_access_fs=handled)
    size = _Ruleset.handled_access_net.offset
    if abi >= _ABI_OF_NETWORK:
        rules.handled_access_net = _BIND_TCP | _CONNECT_TCP
        size = _Ruleset.scoped.offset
    if abi >= _ABI_OF_SCOPES:
        rules.scoped = _ABSTRACT_UNIX_SOCKETS | _SIGNALS
        size = ctypes.sizeof(_Ruleset)
    return system_call(_CREATE_RULESET, ctypes.byref(rules), size, 0)


def _allow(ruleset: int, path: Path, rights: _Right) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= _ON_FILES
        rule = _PathBeneath(allowed_access=rights, parent_fd=place)
        system_call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)
