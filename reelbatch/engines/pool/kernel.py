"""System calls for which Python has no function."""

import ctypes
import os

_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h

_libc = ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *arguments: object) -> int:
    """Make a system call. Raises OSError.

    Integers are passed as longs, because the C function is variadic.
    """
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *passed))


def control_process(option: int, argument: int) -> int:
    """Call prctl(2) with one argument. Raises OSError."""
    rest = [ctypes.c_ulong(value) for value in (argument, 0, 0, 0)]
    return _checked(_libc.prctl(ctypes.c_int(option), *rest))


def drop_capabilities() -> None:
    """Give up root's privileges (capabilities(7)). Raises OSError."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, in two halves
    _checked(_libc.capset(header, none))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
