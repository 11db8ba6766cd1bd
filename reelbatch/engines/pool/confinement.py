"""What a render process may not do: outlive its parent, read secrets and the files of others, talk
to anybody, use up the machine.

docs/security-corpus.md tells what holds where; docs/decisions/0006-confinement.md has the reasons.
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
_NICENESS = 5  # the API and the worker on the same machine stay responsive
_OPEN_FILES = 1024
_LARGEST_FILE = 64 * 1024**3  # bytes: an hour of 4K ProRes 4444 is larger than any sane output
_MORE_THREADS = 4096  # than the machine has at the start; the kernel counts those of the user
_PROCESSOR_SLACK = 10  # seconds, for what an engine does beside its renders
_MASK = 0o077
_MEBIBYTE = 1024**2

_ALLOWED_EVERYWHERE = {
    *("HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "TZ", "VIRTUAL_ENV"),
    "REELBATCH_LOTTIE_WEB",  # a path, of which its engine is told before it is confined
}
_ALLOWED_PREFIXES = ("FONTCONFIG_", "LC_")
if sys.platform == "win32":
    # Without these it loads no libraries and finds no programs, and After Effects no settings.
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
    """Confine renders as far as the system can."""
    REQUIRED = "required"
    """Render only where all of it is there."""
    OFF = "off"
    """Bound what renders use up, and no more."""


class Expressions(StrEnum):
    CONFINED = "confined"
    """Run the expressions of templates where the process is confined in full."""
    ALWAYS = "always"
    """Run them whatever the process may do."""
    NEVER = "never"


@dataclass(frozen=True)
class Confinement:
    level: ConfinementLevel = ConfinementLevel.AVAILABLE
    readable: tuple[Path, ...] = ()  # what an engine needs beside Python and its packages
    expressions: Expressions = Expressions.CONFINED

    def allows_expressions(self, missing: tuple[str, ...]) -> bool:
        """Whether they may run in a process that lacks the parts `missing` of the confinement."""
        if self.expressions is not Expressions.CONFINED:
            return self.expressions is Expressions.ALWAYS
        return self.level is not ConfinementLevel.OFF and not missing


def child_environment(environment: Mapping[str, str], temporary: Path) -> dict[str, str]:
    """The variables that a render process gets: an allow-list, so that no secret is among them."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in _ALLOWED_VARIABLES or name.startswith(_ALLOWED_PREFIXES)
    }
    search_path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    quiet_encoder = {"SVT_LOG": "1"}  # SVT-AV1 prints a banner a file otherwise
    # Threads that a library starts when it is loaded would be older than the confinement.
    no_early_threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {
        **kept,
        **quiet_encoder,
        **no_early_threads,
        "PYTHONPATH": search_path,
        **dict.fromkeys(_TEMPORARY_VARIABLES, str(temporary)),
    }


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends.

    Only Linux has this; elsewhere the end of the socket ends the process, and on Windows that of
    the process all that it has started.
    """
    if sys.platform == "win32":
        join_own_job()
        return  # the parent may be a launcher of Python's
    if sys.platform == "linux":
        control_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # it ended before the kernel knew


def limit_resources(memory: int, *, runs_programs: bool) -> None:
    """Limit what this process may use up from now on; `memory` is bytes beyond what it has.

    Programs such as browsers reserve far more addresses than they use. So where the engine runs
    some, the limit is for the memory that a process can write to, and for each of them alone.
    Windows has no limits that a process sets for itself.
    """
    if sys.platform == "win32":
        return
    os.nice(_NICENESS)
    os.umask(_MASK)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_FSIZE, _LARGEST_FILE)
    if sys.platform == "linux":  # elsewhere the limits are not kept, or cannot be set
        _lower(resource.RLIMIT_NPROC, _threads_of_the_machine() + _MORE_THREADS)
        if runs_programs:
            # V8 crashes where this is not a whole number of its own pages.
            mebibytes = -(-(_writable_memory() + memory) // _MEBIBYTE)
            _lower(resource.RLIMIT_DATA, mebibytes * _MEBIBYTE)
        else:
            _lower(resource.RLIMIT_AS, _address_space() + memory)


def limit_processor_time(seconds: float) -> None:
    """Let this process keep all processors busy for `seconds` more, and then be killed.

    The worker ends a render long before: this holds where the worker itself stands still.
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
    """Close off files, network and other processes for good; returns what the system lacks.

    All modules have to be loaded before, and no thread of their own may run: Landlock holds for
    the threads that start later.
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
    """The system's libraries and fonts, Python, and the packages that are loaded.

    A folder around `work` is never among them: it has the files of others.
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
    """The folders of packages and the files of modules; a project's own folder is none of them,
    since its data may be there too."""
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
    """Bytes of address space that this process has (proc_pid_statm(5))."""
    return _memory_pages(0)


def _writable_memory() -> int:
    """Bytes of this process's data and stack (proc_pid_statm(5)), about what RLIMIT_DATA counts."""
    return _memory_pages(5)


def _memory_pages(field: int) -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[field])
    return pages * mmap.PAGESIZE


def _threads_of_the_machine() -> int:
    """All that there are now (proc_loadavg(5)): no fewer than those of this user."""
    return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
