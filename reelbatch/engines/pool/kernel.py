"""System calls that Python has no function for."""

import ctypes
import os

_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h

_libc = ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *arguments: object) -> int:
    """Raises OSError. Numbers are passed as longs, since the C function takes any."""
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *passed))


def control_process(option: int, argument: int) -> int:
    """prctl(2) with one argument. Raises OSError."""
    rest = [ctypes.c_ulong(value) for value in (argument, 0, 0, 0)]
    return _checked(_libc.prctl(ctypes.c_int(option), *rest))


def drop_capabilities() -> None:
    """Give up what root may do beyond its own files (capabilities(7)). Raises OSError."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()  # two sets of effective, permitted and inheritable
    _checked(_libc.capset(header, none))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
