"""An engine that an attacker has taken over: it tries everything that a render process may not do.

The template is a JSON file with a path and a port for the attempts. The output is a JSON file with
the outcome of each attempt.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from misbehaving_engine import MisbehavingEngine

from reelbatch.engines.base import RenderedFile, Renderer, RenderRequest, ReportProgress

_libc = ctypes.CDLL(None, use_errno=True)
SYSTEM_CALLS: dict[str, tuple[int | None, int | None]] = {
    name: (None if x86 == "-" else int(x86), None if arm == "-" else int(arm))
    for name, x86, arm in (
        line.split()
        for line in Path(__file__).with_name("system_calls.txt").read_text().splitlines()
        if not line.startswith("#")
    )
}
_ = "a".encode("idna")  # loads the codec: a confined process may not be able to read its file

_X32 = 0x40000000
_F_SETSIG, _FIOSETOWN = 10, 0x8901


class BreakoutEngine(MisbehavingEngine):
    def _everything(self, request: RenderRequest) -> None:
        targets = json.loads(request.template.read_text())
        attempts = _attempts(targets, request.template, request.work_dir)
        if self.runs_programs:
            del attempts["replace itself"]  # it is allowed, and then nothing would be reported
        outcomes = {name: _outcome(attempt) for name, attempt in attempts.items()}
        in_thread: dict[str, str] = {}
        thread = threading.Thread(
            target=lambda: in_thread.update(
                {name: _outcome(attempts[name]) for name in ("read a file", "connect")}
            )
        )
        thread.start()
        thread.join()
        outcomes |= {f"{name} in a thread": outcome for name, outcome in in_thread.items()}
        request.output_path.write_text(json.dumps(outcomes))

    def _some(self, request: RenderRequest) -> None:
        targets = json.loads(request.template.read_text())
        attempts = _attempts(targets, request.template, request.work_dir)
        names = ("read a file", "list a folder", "write to a file", "connect", "fork")
        outcomes = {name: _outcome(attempts[name]) for name in names}
        request.output_path.write_text(json.dumps(outcomes))

    def _refused_calls(self, request: RenderRequest) -> None:
        """Make the calls that are refused with any arguments, with invalid ones."""
        conditional = {name for name, _, _ in conditional_calls()}
        names = [name for name in SYSTEM_CALLS if name not in conditional and _number(name)]
        ended = {name: _error(name, *[-1] * 6) for name in names if name != "seccomp"}
        request.output_path.write_text(json.dumps(ended))

    def _conditional_calls(self, request: RenderRequest) -> None:
        calls = conditional_calls()
        ended = [[name, _error(name, *arguments)] for name, arguments, _ in calls]
        request.output_path.write_text(json.dumps(ended))

    def _other_numbers(self, _request: RenderRequest) -> None:
        _libc.syscall(ctypes.c_long(_X32 + 39))

    def _other_processor(self, _request: RenderRequest) -> None:
        """Ask for the process id like a 32-bit program, by `int 0x80`."""
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(bytes.fromhex("b814000000 cd80 c3"))
        ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()

    def _grow(self, request: RenderRequest) -> None:
        with request.output_path.open("wb") as file:
            file.truncate(64 * 1024**3 + 1)

    def _count_threads(self, request: RenderRequest) -> None:
        threads = list(Path("/proc/self/task").iterdir())
        request.output_path.write_text(f"{len(threads)}")

    def _peek(self, request: RenderRequest) -> None:
        """List everything that is left of other renders."""
        seen = [str(path) for path in request.template.parents[1].rglob("*")]
        seen += [str(path) for path in request.work_dir.rglob("*")]
        request.output_path.write_text("\n".join(seen))

    def _link_as_output(self, request: RenderRequest) -> None:
        with contextlib.suppress(OSError):
            request.output_path.symlink_to(json.loads(request.template.read_text())["secret"])

    def _folder_as_output(self, request: RenderRequest) -> None:
        request.output_path.mkdir()

    def _threads(self, request: RenderRequest) -> None:
        threading.stack_size(1024**2)
        release = threading.Event()
        started = 0
        with contextlib.suppress(RuntimeError):
            while started < 20_000:
                threading.Thread(target=release.wait, daemon=True).start()
                started += 1
        release.set()
        request.output_path.write_text(f"{started}")

    def _open_files(self, request: RenderRequest) -> None:
        opened: list[Any] = []
        while True:
            opened.append(request.template.open())

    def _compute_for_a_second(self, _request: RenderRequest) -> None:
        end = time.process_time() + 1
        while time.process_time() < end:
            pass

    def _burn(self, _request: RenderRequest) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1, -1))
        while True:
            pass

    def render(self, request: RenderRequest, report: ReportProgress) -> RenderedFile:
        if request.composition in ("_link_as_output", "_folder_as_output"):
            getattr(self, request.composition)(request)
            return RenderedFile(1, 1, 1)
        return super().render(request, report)


class NumpyEngine(BreakoutEngine):
    """Loads a library that starts threads."""

    @classmethod
    def renderer(cls) -> Renderer:
        import numpy as np

        np.linalg.inv(np.eye(64))
        return cls()


class ProgramEngine(BreakoutEngine):
    """Renders by running a program."""

    runs_programs: ClassVar[bool] = True

    def _program(self, request: RenderRequest) -> None:
        echo = subprocess.run(["/bin/echo", "hello"], capture_output=True, check=True)
        request.output_path.write_bytes(echo.stdout)


def _attempts(
    targets: dict[str, Any], template: Path, work: Path
) -> dict[str, Callable[[], object]]:
    secret, port, worker = Path(targets["secret"]), int(targets["port"]), os.getppid()
    return {
        "read a file": secret.read_text,
        "read /etc/passwd": Path("/etc/passwd").read_text,
        "list a folder": lambda: list(secret.parent.iterdir()),
        "list the other processes' folders": lambda: list(work.parents[1].iterdir()),
        "write a file": lambda: (secret.parent / "new").write_text("x"),
        "write to a file": lambda: secret.write_text("x"),
        "write to /tmp": lambda: Path("/tmp/reelbatch-breakout").write_text("x"),
        "write to the template": lambda: template.write_text("x"),
        "add to the inputs": lambda: (template.parent / "new").write_text("x"),
        "open up the template": lambda: template.chmod(0o777),
        "take the template along": lambda: os.link(template, work / "kept"),
        "remove the template": template.unlink,
        "make a symlink": lambda: (work / "link").symlink_to(secret),
        "make a pipe": lambda: os.mkfifo(work / "pipe"),
        "connect": lambda: socket.create_connection(("127.0.0.1", port)),
        "make a UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "make an IPv6 socket": lambda: socket.socket(socket.AF_INET6),
        "make a Unix socket": lambda: socket.socket(socket.AF_UNIX),
        "run a program": lambda: subprocess.run(["/bin/true"], check=True),
        "replace itself": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        "fork": _fork,
        "signal the worker": lambda: os.kill(worker, 0),
        "signal its group": lambda: os.kill(0, 0),
        "limit the worker": lambda: resource.prlimit(worker, resource.RLIMIT_CORE, (0, 0)),
        "read the worker's variables": Path(f"/proc/{worker}/environ").read_bytes,
        "read the worker's memory": lambda: Path(f"/proc/{worker}/mem").open("rb"),
        "trace the worker": lambda: _call("ptrace", 16, worker, 0, 0),
        "read the worker": lambda: _call("process_vm_readv", worker, 0, 0, 0, 0, 0),
        "mount": lambda: _call("mount", 0, 0, 0, 0, 0),
        "leave its namespaces": lambda: _call("unshare", 0x10000000),
        "enter a namespace": lambda: _call("setns", 0, 0),
        "load a BPF program": lambda: _call("bpf", 5, 0, 0),
        "read keys": lambda: _call("keyctl", 0, 0, 0),
        "count events": lambda: _call("perf_event_open", 0, 0, 0, 0, 0),
        "make an io_uring": lambda: _call("io_uring_setup", 1, 0),
        "load a kernel": lambda: _call("kexec_load", 0, 0, 0, 0),
        "load a module": lambda: _call("init_module", 0, 0, 0),
        "run a file descriptor": lambda: _call("execveat", 0, 0, 0, 0, 0),
        "make a file look old": lambda: os.utime(secret, (0, 0)),
        "make the template look old": lambda: os.utime(template, (0, 0)),
        "make its own file look old": lambda: os.utime(work, (0, 0)),
        "make sockets of datagrams": lambda: socket.socketpair(type=socket.SOCK_DGRAM),
        "make raw sockets": lambda: socket.socketpair(type=socket.SOCK_RAW),
        "send to an address": lambda: socket.socketpair()[0].sendto(b"x", "/nowhere"),
        "watch files": lambda: _call("inotify_init1", 0),
        "watch a folder": lambda: _control(work, fcntl.F_NOTIFY, fcntl.DN_MODIFY),
        "lease a file": lambda: _control(template, fcntl.F_SETLEASE, fcntl.F_RDLCK),
        "have the worker signalled": lambda: _control(work, fcntl.F_SETOWN, worker),
        "choose the signal": lambda: _control(work, _F_SETSIG, signal.SIGKILL),
        "have it signalled by ioctl": lambda: _own_socket(worker),
        "slow the worker down": lambda: os.setpriority(os.PRIO_PROCESS, worker, 19),
        "slow its user down": lambda: os.setpriority(os.PRIO_USER, 0, 19),
        "slow its group down": lambda: os.setpriority(os.PRIO_PGRP, 0, 19),
        "choose the worker's processor": lambda: os.sched_setaffinity(worker, {0}),
        "schedule the worker": lambda: os.sched_setscheduler(
            worker, os.SCHED_IDLE, os.sched_param(0)
        ),
        "set the worker's parameters": lambda: os.sched_setparam(worker, os.sched_param(0)),
        "set the worker's attributes": lambda: _call("sched_setattr", worker, 0, 0),
        "slow the worker's disk down": lambda: _call("ioprio_set", 1, worker, 0),
        "migrate the worker's memory": lambda: _call("migrate_pages", worker, 0, 0, 0),
        "move the worker's memory": lambda: _call("move_pages", worker, 0, 0, 0, 0, 0),
        "become another user": lambda: os.setuid(65534) if os.getuid() == 0 else _deny(),
    }


def _control(path: Path, command: int, argument: int) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.fcntl(descriptor, command, argument)
    finally:
        os.close(descriptor)


def _own_socket(process: int) -> None:
    one, other = socket.socketpair()
    with one, other:
        fcntl.ioctl(one, _FIOSETOWN, struct.pack("i", process))


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return "refused" if error.errno in (1, 13, 18) else f"{error}"
    except ValueError as error:
        return f"{error}"
    return "DONE"


def conditional_calls() -> list[tuple[str, tuple[int, ...], int]]:
    """Return calls that depend on their arguments, with the expected error; 0 for success.

    Calls that are not refused fail because of their other arguments.
    """
    own, worker = os.getpid(), os.getppid()
    others = (
        ("kill", (0, -1, worker), (0,)),
        ("tgkill", (worker,), (worker, 0)),
        ("prlimit64", (worker,), (resource.RLIMIT_CORE, 0, 0)),
        ("sched_setparam", (worker,), (0,)),
        ("sched_setscheduler", (worker,), (0, 0)),
        ("sched_setaffinity", (worker,), (8, 0)),
        ("sched_setattr", (worker,), (0, 0)),
    )
    return [
        ("clone3", (0, 0), errno.ENOSYS),
        ("clone", (signal.SIGCHLD, 0, 0, 0, 0), errno.EPERM),
        ("clone", (0x00010000, 0, 0, 0, 0), errno.EINVAL),  # CLONE_THREAD without the rest
        *(("ioctl", (-1, request, 0), errno.EPERM) for request in (0x5412, 0x541C, 0x8901, 0x8902)),
        ("ioctl", (-1, 0x541B, 0), errno.EBADF),  # FIONREAD
        *(("fcntl", (-1, command, 0), errno.EPERM) for command in (8, 10, 15, 1024, 1026)),
        ("fcntl", (-1, fcntl.F_GETFD, 0), errno.EBADF),
        *(("socketpair", (1, kind, 0, 0), errno.EPERM) for kind in (2, 3, 0x80002)),
        *(("socketpair", (1, kind, 0, 0), errno.EFAULT) for kind in (1, 5)),
        *(("sendto", (-1, 0, 0, 0, address, 0), errno.EPERM) for address in (1, 1 << 32)),
        ("sendto", (-1, 0, 0, 0, 0, 0), errno.EBADF),
        *(("setpriority", (which, 0, 19), errno.EPERM) for which in (1, 2)),
        ("setpriority", (0, worker, 19), errno.EPERM),
        *(("setpriority", (0, whom, os.nice(0)), 0) for whom in (0, own)),
        *((name, (whom, *rest), errno.EPERM) for name, whoms, rest in others for whom in whoms),
        ("kill", (own, 0), 0),
        ("tgkill", (own, own, 0), 0),
        *(("prlimit64", (whom, resource.RLIMIT_CORE, 0, 0), 0) for whom in (0, own)),
        *(("sched_setparam", (whom, 0), errno.EINVAL) for whom in (0, own)),
        *(("sched_setscheduler", (whom, 0, 0), errno.EINVAL) for whom in (0, own)),
        *(("sched_setaffinity", (whom, 8, 0), errno.EFAULT) for whom in (0, own)),
        *(("sched_setattr", (whom, 0, 0), errno.EINVAL) for whom in (0, own)),
    ]


def _number(name: str) -> int | None:
    return SYSTEM_CALLS[name][os.uname().machine == "aarch64"]


def _error(name: str, *arguments: int) -> int:
    """Make a system call and return its error; 0 for success."""
    process = os.getpid()
    try:
        _call(name, *arguments)
    except OSError as error:
        return error.errno or 0
    if os.getpid() != process:  # the call has made a child
        os._exit(0)
    return 0


def _call(name: str, *arguments: int) -> None:
    number = ctypes.c_long(_number(name) or -1)
    if _libc.syscall(number, *(ctypes.c_long(a) for a in arguments)) < 0:
        raise OSError(ctypes.get_errno(), name)


def _deny() -> None:
    raise PermissionError(1, "no other user to become")


def _fork() -> None:
    if os.fork() == 0:
        os.kill(os.getpid(), signal.SIGKILL)
