"""Runs a program that must not outlive its parent: `bound_to_parent.py PARENT PROGRAM [ARGUMENT…]`.

Linux kills the program when the parent, process id PARENT, ends for any reason. On other systems
the program keeps running if the parent is killed. This is a separate program because Python code
between fork and exec may deadlock in a process with threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before prctl took effect
        sys.exit("the parent process has ended")
    try:
        os.execv(program[0], program)  # noqa: S606  there is no shell in between
    except OSError as error:
        sys.exit(f"{program[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    main()
