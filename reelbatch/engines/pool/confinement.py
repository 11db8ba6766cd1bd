"""The confinement of render processes.

They must not outlive their parent, read secrets or other people's files, reach a network, or
exhaust the machine. docs/security-corpus.md says what applies on which system;
docs/decisions/0006-confinement.md has the reasons.
"""

import mmap
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import process_time

from reelbatch.engines.system_fonts import font_folders

if sys.platform == "linux":
    from reelbatch.engines.pool.kernel import control_process, drop_capabilities
    from reelbatch.engines.pool.landlock import restrict_files
    from reelbatch.engines.pool.seccomp import refuse_system_calls
if sys.platform == "win32":
    from reelbatch.engines.pool.job_object import join_own_job
else:
    import resource

FILES = "files (Landlock)"
SYSTEM_CALLS = "network, programs and system calls (seccomp)"

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h
_NICENESS = 5  # keeps the API and the worker on the same machine responsive
_OPEN_FILES = 1024
_LARGEST_FILE = 64 * 1024**3  # bytes: more than any sensible output has
_MORE_THREADS = 4096  # than the machine has at the start; the kernel counts all of the user's
_PROCESSOR_SLACK = 10  # seconds, for an engine's work outside renders
_MASK = 0o077
_MEBIBYTE = 1024**2

_ALLOWED_EVERYWHERE = {
    *("HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "TZ", "VIRTUAL_ENV"),
    "REELBATCH_LOTTIE_WEB",  # a path, which its engine reads before it is confined
}
_ALLOWED_PREFIXES = ("FONTCONFIG_", "LC_")
if sys.platform == "win32":
    # Without these, libraries and programs are not found, nor are After Effects' settings.
    _ALLOWED_VARIABLES = _ALLOWED_EVERYWHERE | {
        *("APPDATA", "COMSPEC", "LOCALAPPDATA", "PATHEXT", "PROGRAMDATA", "PROGRAMFILES"),
        *("COMMONPROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "USERNAME", "USERPROFILE", "WINDIR"),
    }
    _TEMPORARY_VARIABLES = ("TEMP", "TMP")
else:
    _ALLOWED_VARIABLES = _ALLOWED_EVERYWHERE
    _TEMPORARY_VARIABLES = ("TMPDIR",)

_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/nix/store"),
    *("/etc/fonts", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/self", "/sys/devices/system/cpu"),
    "/proc/sys/vm/overcommit_memory",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


class ConfinementLevel(StrEnum):
    AVAILABLE = "available"
    """Confine renders as far as the system supports it."""
    REQUIRED = "required"
    """Render only if the system supports all of it."""
    OFF = "off"
    """Only limit what renders use up."""


class Expressions(StrEnum):
    CONFINED = "confined"
    """Run the expressions of templates if the process is fully confined."""
    ALWAYS = "always"
    """Run them even in processes that are not confined."""
    NEVER = "never"


@dataclass(frozen=True)
class Confinement:
    level: ConfinementLevel = ConfinementLevel.AVAILABLE
    readable: tuple[Path, ...] = ()  # what an engine needs besides Python and its packages
    expressions: Expressions = Expressions.CONFINED

    def allows_expressions(self, missing: tuple[str, ...]) -> bool:
        """Whether expressions may run in a process; `missing` are parts of its confinement."""
        if self.expressions is not Expressions.CONFINED:
            return self.expressions is Expressions.ALWAYS
        return self.level is not ConfinementLevel.OFF and not missing


def child_environment(environment: Mapping[str, str], temporary: Path) -> dict[str, str]:
    """Return a render process's variables. An allow-list keeps secrets out."""
    allowed = {
        name: value
        for name, value in environment.items()
        if name in _ALLOWED_VARIABLES or name.startswith(_ALLOWED_PREFIXES)
    }
    search_path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    quiet_encoder = {"SVT_LOG": "1"}  # SVT-AV1 prints a banner for each file otherwise
    # The confinement would not apply to threads that a library starts when it is loaded.
    no_early_threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {
        **allowed,
        **quiet_encoder,
        **no_early_threads,
        "PYTHONPATH": search_path,
        **dict.fromkeys(_TEMPORARY_VARIABLES, str(temporary)),
    }


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends for any reason.

    Only Linux supports this. Elsewhere the process ends when its socket is closed. On Windows
    everything that the process has started ends with it.
    """
    if sys.platform == "win32":
        join_own_job()
        return  # the parent may be Python's launcher instead of the worker
    if sys.platform == "linux":
        control_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # the parent ended before the kernel watched it


def limit_resources(memory: int, *, runs_programs: bool) -> None:
    """Limit what this process may use up from now on.

    `memory` is the number of bytes that it may add to those that it has. Programs such as browsers
    reserve far more addresses than they use. So if the engine runs programs, the limit applies to
    writable memory, and to each process separately. On Windows a process cannot limit itself.
    """
    if sys.platform == "win32":
        return
    os.nice(_NICENESS)
    os.umask(_MASK)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_FSIZE, _LARGEST_FILE)
    if sys.platform == "linux":  # elsewhere these limits are not enforced, or cannot be set
        _lower(resource.RLIMIT_NPROC, _threads_of_the_machine() + _MORE_THREADS)
        if runs_programs:
            # V8 crashes unless this is a multiple of its own pages.
            mebibytes = -(-(_writable_memory() + memory) // _MEBIBYTE)
            _lower(resource.RLIMIT_DATA, mebibytes * _MEBIBYTE)
        else:
            _lower(resource.RLIMIT_AS, _address_space() + memory)


def limit_processor_time(seconds: float) -> None:
    """Have this process killed once it has kept all processors busy for `seconds` more.

    The worker ends a render long before that. This is for a worker that is stuck itself.
    """
    if sys.platform == "win32":
        return
    processors = os.cpu_count() or 1
    end = process_time() + seconds * processors + _PROCESSOR_SLACK
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(min(end, sys.maxsize)) if hard == resource.RLIM_INFINITY else min(int(end), hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def confine(
    inputs: Path, work: Path, readable: tuple[Path, ...], *, runs_programs: bool
) -> tuple[str, ...]:
    """Permanently close off files, the network and other processes.

    Returns the parts that the system does not support. All modules must be loaded before, and no
    other thread may be running: Landlock applies to this thread and those that it starts later.
    """
    if sys.platform != "linux":
        return (FILES, SYSTEM_CALLS)
    missing: list[str] = []
    try:
        control_process(_PR_SET_NO_NEW_PRIVS, 1)
        drop_capabilities()
        restrict_files(
            [inputs, *readable, *_readable_paths(work)],
            [work, *map(Path, _DEVICES)],
        )
    except OSError:
        missing.append(FILES)
    try:
        refuse_system_calls(runs_programs=runs_programs)
    except OSError:
        missing.append(SYSTEM_CALLS)
    return tuple(missing)


def _readable_paths(work: Path) -> Iterator[Path]:
    """Yield the paths of the system's libraries and fonts, of Python, and of loaded packages.

    A folder around `work` is never among them, since it has the files of other renders.
    """
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    pythons = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    named = (*_SYSTEM, *pythons, *filter(None, libraries), *font_folders())
    roots = [Path(path).resolve() for path in named]
    granted = {root for root in roots if root not in work.parents}
    for package in sorted(_loaded_packages(), key=lambda path: len(path.parts)):
        if granted.isdisjoint((package, *package.parents)) and package not in work.parents:
            granted.add(package)
    yield from granted


def _loaded_packages() -> set[Path]:
    """Return the folders of packages and the files of modules.

    The folder of a module is not included, since a project's data may be there too.
    """
    found: set[Path] = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            path = Path(file).resolve()
            found.add(path.parent if hasattr(module, "__path__") else path)
    return found


def _lower(limit: int, value: int) -> None:
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(limit, (value, value))


def _address_space() -> int:
    """Return the bytes of this process's address space (proc_pid_statm(5))."""
    return _memory_pages(0)


def _writable_memory() -> int:
    """Return the bytes of data and stack (proc_pid_statm(5)), about what RLIMIT_DATA counts."""
    return _memory_pages(5)


def _memory_pages(field: int) -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[field])
    return pages * mmap.PAGESIZE


def _threads_of_the_machine() -> int:
    """Return the number of all threads (proc_loadavg(5)), which include those of this user."""
    return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
