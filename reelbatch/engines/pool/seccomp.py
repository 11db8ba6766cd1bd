"""Seccomp: the kernel refuses system calls that no render needs.

The filter is a small classic BPF program over a call's number and arguments, as described at
https://docs.kernel.org/userspace-api/seccomp_filter.html and in linux/filter.h. The calls' numbers
come from asm/unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64); both processors are
little-endian. A refused call fails with EPERM, so that a library can continue without it.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable

from reelbatch.engines.pool.kernel import system_call

_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_KILL_PROCESS, _FAIL, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32_CALLS = 0x40000000  # x86_64's second set of numbers

_AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (number on x86_64, number on aarch64); None if the processor has no such call
_Calls = dict[str, tuple[int | None, int | None]]
_NETWORK: _Calls = {
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept4": (288, 242),
}
_OTHER_PROCESSES: _Calls = {
    "ptrace": (101, 117),
    "rt_sigqueueinfo": (129, 138),
    "tkill": (200, 130),
    "rt_tgsigqueueinfo": (297, 240),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "process_mrelease": (448, 448),
}
# A render must not watch what others do with their files, and Landlock does not cover these.
_WATCHING: _Calls = {
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
}
# Calls with which kernel exploits begin, and calls that only an administrator's programs need.
_KERNEL: _Calls = {
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "personality": (135, 92),
    "vhangup": (153, 58),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "syslog": (103, 116),
    "adjtimex": (159, 171),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "fanotify_init": (300, 262),
}
_NAMESPACES_AND_MOUNTS: _Calls = {
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "mount": (165, 40),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
}
# A template in a render's folder is the very file in the worker's cache (a hard link), and Landlock
# does not cover these.
_FILE_MODES: _Calls = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    # The sweep of the worker's caches relies on the files' times.
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
}
REFUSED = (_NETWORK, _OTHER_PROCESSES, _KERNEL, _NAMESPACES_AND_MOUNTS, _FILE_MODES, _WATCHING)
NEW_PROGRAMS: _Calls = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
}
CONDITIONAL: _Calls = {
    "ioctl": (16, 29),
    "clone": (56, 220),
    "kill": (62, 129),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
    "clone3": (435, 435),
    "fcntl": (72, 25),
    "socketpair": (53, 199),
    "sendto": (44, 206),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
}
INSTALLING: _Calls = {"seccomp": (317, 277)}

_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020080
_TYPE_INTO_TERMINAL, _TERMINAL_OF_LINUX = 0x5412, 0x541C  # TIOCSTI, TIOCLINUX
# Set which process the kernel signals when data arrives: FIOSETOWN, SIOCSPGRP; F_SETOWN, F_SETSIG,
# F_SETOWN_EX. Landlock covers these from Linux 6.12 on.
_SET_OWNER_OF_SOCKET = (0x8901, 0x8902)
_SET_OWNER = (8, 10, 15)
_LEASE, _NOTIFY = 1024, 1026  # F_SETLEASE delays others who open a file, F_NOTIFY watches a folder
_DATAGRAMS = 0b10  # set in SOCK_DGRAM and SOCK_RAW, but not in SOCK_STREAM and SOCK_SEQPACKET

_Program = list[tuple[int, int, int, int]]  # code, jump if true, jump if false, operand


class _ProgramAddress(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_system_calls(*, runs_programs: bool) -> None:
    """Filter the system calls of all threads of this process, and of everything that it starts.

    With `runs_programs` it may start processes. The process must have given up new privileges
    before. Raises OSError if the kernel has no seccomp or the processor is not supported.
    """
    machine = platform.machine()
    if machine not in _AUDIT_ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"the system calls of {machine} are not known")
    program = _filter(machine, os.getpid(), runs_programs=runs_programs)
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    address = _ProgramAddress(len(program), packed)
    (number,) = _numbers(INSTALLING, machine)
    if system_call(number, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(address)):
        raise OSError(errno.EBUSY, "a thread has its own filter")


def _filter(machine: str, process: int, *, runs_programs: bool) -> _Program:
    program: _Program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, _AUDIT_ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, 0, 1, _X32_CALLS),
        (_RETURN, 0, 0, _KILL_PROCESS),
    ]
    for calls in REFUSED if runs_programs else (*REFUSED, NEW_PROGRAMS):
        for number in _numbers(calls, machine):
            program += _on_call(number, [_failing(errno.EPERM)])
    conditions = _conditions(process, runs_programs=runs_programs)
    for name, answer in conditions.items():
        (number,) = _numbers({name: CONDITIONAL[name]}, machine)
        program += _on_call(number, answer)
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _conditions(process: int, *, runs_programs: bool) -> dict[str, _Program]:
    """Return what to do with calls that are allowed depending on their arguments."""
    conditions = {
        "clone3": [_failing(errno.ENOSYS)],  # the filter cannot read its flags; callers try clone
        "prlimit64": _only(0, [0, process]),
        "ioctl": _all_but(1, [_TYPE_INTO_TERMINAL, _TERMINAL_OF_LINUX, *_SET_OWNER_OF_SOCKET]),
        "fcntl": _all_but(1, [*_SET_OWNER, _LEASE, _NOTIFY]),
        # Datagrams can go to any address, and the filter cannot read the one given to sendmsg.
        "socketpair": _without_bits(1, _DATAGRAMS),
        "sendto": _only_null(4),
        # The first argument, 0, means a process and not a group or a user.
        "setpriority": [*_unless(0, 0), *_only(1, [0, process])],
        "sched_setparam": _only(0, [0, process]),
        "sched_setscheduler": _only(0, [0, process]),
        "sched_setaffinity": _only(0, [0, process]),
        "sched_setattr": _only(0, [0, process]),
    }
    if runs_programs:
        return conditions | {"clone": _without_bits(0, _CLONE_NAMESPACES)}
    threads_alone: _Program = [
        (_LOAD, 0, 0, _ARGUMENTS),
        (_IF_ANY_BIT, 1, 0, _CLONE_THREAD),
        _failing(errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    own_process = {"kill": _only(0, [process]), "tgkill": _only(0, [process])}
    return conditions | own_process | {"clone": threads_alone}


def _only(position: int, values: list[int]) -> _Program:
    """Allow a call only if the lower half of an argument is one of `values`."""
    return _by_argument(position, values, (_RETURN, 0, 0, _ALLOW), _failing(errno.EPERM))


def _only_null(position: int) -> _Program:
    """Allow a call only if an argument, a pointer, is null."""
    return [
        (_LOAD, 0, 0, _ARGUMENTS + 8 * position),
        (_IF_EQUAL, 0, 3, 0),
        (_LOAD, 0, 0, _ARGUMENTS + 8 * position + 4),
        (_IF_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        _failing(errno.EPERM),
    ]


def _unless(position: int, value: int) -> _Program:
    """Refuse a call if an argument is not `value`, otherwise continue."""
    return [
        (_LOAD, 0, 0, _ARGUMENTS + 8 * position),
        (_IF_EQUAL, 1, 0, value),
        _failing(errno.EPERM),
    ]


def _without_bits(position: int, bits: int) -> _Program:
    """Refuse a call if any of the bits is set in an argument."""
    return [
        (_LOAD, 0, 0, _ARGUMENTS + 8 * position),
        (_IF_ANY_BIT, 0, 1, bits),
        _failing(errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _all_but(position: int, values: list[int]) -> _Program:
    return _by_argument(position, values, _failing(errno.EPERM), (_RETURN, 0, 0, _ALLOW))


def _by_argument(
    position: int,
    values: list[int],
    if_among: tuple[int, int, int, int],
    otherwise: tuple[int, int, int, int],
) -> _Program:
    program: _Program = [(_LOAD, 0, 0, _ARGUMENTS + 8 * position)]
    for value in values:
        program += [(_IF_EQUAL, 0, 1, value), if_among]
    return [*program, otherwise]


def _on_call(number: int, answer: _Program) -> _Program:
    return [(_IF_EQUAL, 0, len(answer), number), *answer]


def _failing(error: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, _FAIL | error)


def _numbers(calls: _Calls, machine: str) -> Iterable[int]:
    column = tuple(_AUDIT_ARCHITECTURES).index(machine)
    return [number for row in calls.values() if (number := row[column]) is not None]
