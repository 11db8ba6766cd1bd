"""Windows job objects: groups of processes that the system kills when the group's handle closes.

https://learn.microsoft.com/windows/win32/procthread/job-objects
"""

import ctypes
import os
import sys
from ctypes import wintypes
from functools import cache

_MEMBERS = 3  # JobObjectBasicProcessIdList
_EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
_MAX_MEMBERS = 1000
_KILL_ON_CLOSE = 0x2000  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("process_time", wintypes.LARGE_INTEGER),
        ("job_time", wintypes.LARGE_INTEGER),
        ("flags", wintypes.DWORD),
        ("smallest_working_set", ctypes.c_size_t),
        ("largest_working_set", ctypes.c_size_t),
        ("processes", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority", wintypes.DWORD),
        ("scheduling", wintypes.DWORD),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("basic", _BasicLimits),
        ("transfers", ctypes.c_ulonglong * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


class _Members(ctypes.Structure):
    _fields_ = (
        ("assigned", wintypes.DWORD),
        ("listed", wintypes.DWORD),
        ("processes", ctypes.c_size_t * _MAX_MEMBERS),
    )


if sys.platform == "win32":

    @cache
    def _kernel() -> "ctypes.WinDLL":
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        return kernel

    @cache
    def join_own_job() -> wintypes.HANDLE:
        """Have the system kill everything that this process starts from now on when it ends.

        Only this process has a handle to the job, and it never closes it. Raises OSError.
        """
        job = wintypes.HANDLE(_kernel().CreateJobObjectW(None, None))
        limits = _ExtendedLimits(basic=_BasicLimits(flags=_KILL_ON_CLOSE))
        size = wintypes.DWORD(ctypes.sizeof(limits))
        this = wintypes.HANDLE(_kernel().GetCurrentProcess())
        limit = _kernel().SetInformationJobObject
        if not (
            job
            and limit(job, _EXTENDED_LIMITS, ctypes.byref(limits), size)
            and _kernel().AssignProcessToJobObject(job, this)
        ):
            raise ctypes.WinError(ctypes.get_last_error())
        return job

    def started_by_this_process() -> list[int]:
        """Return the processes in this one's job, including those whose parent has ended."""
        members = _Members()
        size = wintypes.DWORD(ctypes.sizeof(members))
        query = _kernel().QueryInformationJobObject
        if not query(join_own_job(), _MEMBERS, ctypes.byref(members), size, None):
            raise ctypes.WinError(ctypes.get_last_error())
        return [one for one in members.processes[: members.listed] if one != os.getpid()]
