"""Simulates Windows and macOS by hiding the names that only Linux has."""

import subprocess
import sys

import pytest

# Runs in a separate process. Third-party packages are imported before the names are hidden.
_HIDE = """
import sys, os, signal, asyncio, socket, importlib
import psutil  # the Linux version
import worker, reelbatch.cli.app

OURS = ("activities", "api", "reelbatch", "worker", "workflows")
for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
    del sys.modules[name]

def hide(module, *names):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)

system = sys.argv[1]
hide(os, "sched_getaffinity", "sched_setaffinity", "O_PATH", "O_TMPFILE", "memfd_create",
     "pidfd_open", "eventfd", "posix_fadvise", "copy_file_range", "sendfile", "splice")
if system == "win32":
    hide(os, "fork", "killpg", "getuid", "geteuid", "getgid", "setsid", "getpgid", "nice",
         "sysconf", "O_CLOEXEC", "O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "chown", "mkfifo",
         "uname", "statvfs", "getloadavg", "WIFEXITED", "wait4", "fchown", "openpty", "ctermid")
    hide(signal, "SIGKILL", "SIGHUP", "SIGPROF", "SIGXCPU", "SIGALRM", "SIGUSR1", "SIGCHLD",
         "SIGSTOP", "SIGCONT", "setitimer", "ITIMER_PROF", "ITIMER_REAL", "pthread_sigmask")
    hide(socket, "AF_UNIX")
    hide(asyncio, "open_unix_connection", "start_unix_server")
    signal.SIGBREAK = signal.SIGUSR2
    for module in ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog"):
        sys.modules[module] = None
sys.platform = system
"""


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_worker_and_command_line_work_without_the_names_that_only_linux_has(system: str) -> None:
    script = f"""{_HIDE}
importlib.import_module("worker")
importlib.import_module("reelbatch.cli.app")
from reelbatch.settings import Settings
assert Settings().render_processes >= 1
"""
    subprocess.run([sys.executable, "-c", script, system], check=True, timeout=200)
