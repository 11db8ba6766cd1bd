"""An attacker who has taken over a render process cannot get out of it."""

import errno
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from reelbatch.engines.base import RenderLimits, RenderRequest
from reelbatch.engines.join import JoinEngine
from reelbatch.engines.pool import Confinement, ConfinementLevel, RenderPool, seccomp
from reelbatch.models.errors import RenderCrashed, RenderError, RenderTimedOut, TemplateInvalid
from reelbatch.models.orchestration.jobs import Output

ENGINE = "breakout_engine:BreakoutEngine"
RUN = Path(__file__).parent / "breakout_run.py"
NOBODY = 65534
LIMITS = RenderLimits(seconds=60, memory=1024**3)
ARequest = Callable[[str], RenderRequest]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines processes")


@pytest.fixture(autouse=True)
def engine_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    folder = tmp_path / "other-team"
    folder.mkdir()
    file = folder / "secret"
    file.write_text("hidden")
    return file


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def a_request(tmp_path: Path, secret: Path, port: int) -> ARequest:
    numbers = count()

    def build(composition: str) -> RenderRequest:
        folder = tmp_path / f"render-{next(numbers)}"
        folder.mkdir()
        (folder / "template").write_text(json.dumps({"secret": str(secret), "port": port}))
        work_dir = folder / "work"
        work_dir.mkdir()
        return RenderRequest(
            template=folder / "template",
            template_type="misbehaving",
            composition=composition,
            output=Output(output_type="image", codec="image_png"),
            output_path=work_dir / "output",
            work_dir=work_dir,
        )

    return build


def a_pool(
    engine: str = ENGINE,
    level: ConfinementLevel = ConfinementLevel.REQUIRED,
    readable: tuple[Path, ...] = (),
    tasks_per_process: int = 200,
) -> RenderPool:
    return RenderPool(
        engine,
        processes=1,
        limits=LIMITS,
        confinement=Confinement(level, readable),
        tasks_per_process=tasks_per_process,
    )


def ignore(percent: float) -> None:
    del percent


async def outcomes(pool: RenderPool, request: RenderRequest) -> dict[str, Any]:
    await pool.render(request, ignore)
    return json.loads(request.output_path.read_text())


def contents(*files: Path) -> list[str]:
    """Read the files that exist, also those that are links."""
    return [file.read_text() for file in files if os.path.lexists(file)]


async def test_a_process_that_was_taken_over_reaches_nothing_but_its_own_render(
    a_request: ARequest, secret: Path
) -> None:
    request = a_request("everything")
    before = contents(secret, request.template)
    async with a_pool() as pool:
        ended = await outcomes(pool, request)
    assert {name: outcome for name, outcome in ended.items() if outcome != "refused"} == {}
    assert len(ended) > 60
    assert contents(secret, request.template) == before


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    """A folder that another user may write to; pytest's own folders don't allow that."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chown(folder, NOBODY, NOBODY)
        yield Path(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="the previous test has run as another user already")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_a_process_whose_worker_is_not_root_reaches_nothing_either(folder_of_nobody: Path) -> None:
    # Python may be in a folder of root's. The worker may read everything, but its renders may not.
    reads_all = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *reads_all]
    python = ["setpriv", *user, sys.executable]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder_of_nobody)}
    run = partial(subprocess.run, env={**os.environ, **environment}, capture_output=True, text=True)
    if run([*python, "-c", "import reelbatch"]).returncode:
        pytest.skip("another user cannot read this project")
    done = run([*python, str(RUN), ENGINE, str(folder_of_nobody)])
    assert done.returncode == 0, done.stderr
    ended = json.loads(done.stdout)
    assert {name: outcome for name, outcome in ended.items() if outcome != "refused"} == {}
    assert len(ended) > 60


async def test_the_same_attempts_succeed_without_confinement(a_request: ARequest) -> None:
    async with a_pool(level=ConfinementLevel.OFF) as pool:
        ended = await outcomes(pool, a_request("some"))
    assert set(ended.values()) == {"DONE"}


def test_the_filter_has_the_system_calls_of_the_list() -> None:
    from breakout_engine import SYSTEM_CALLS

    assert (
        seccomp.CONDITIONAL
        | seccomp.INSTALLING
        | {
            name: numbers
            for calls in (*seccomp.REFUSED, seccomp.NEW_PROGRAMS)
            for name, numbers in calls.items()
        }
        == SYSTEM_CALLS
    )


async def test_every_system_call_in_the_table_is_refused(a_request: ARequest) -> None:
    async with a_pool() as pool:
        ended = await outcomes(pool, a_request("refused_calls"))
    assert len(ended) > 95
    assert {name: error for name, error in ended.items() if error != errno.EPERM} == {}


async def test_every_condition_on_a_system_call_is_enforced(a_request: ARequest) -> None:
    from breakout_engine import conditional_calls

    request = a_request("conditional_calls")
    async with a_pool() as pool:
        await pool.render(request, ignore)
    ended = json.loads(request.output_path.read_text())
    assert ended == [[name, error] for name, _, error in conditional_calls()]
    assert {name for name, _ in ended} == set(seccomp.CONDITIONAL)


@pytest.mark.parametrize(
    "numbers",
    [
        "other_numbers",
        pytest.param(
            "other_processor",
            marks=pytest.mark.skipif(
                platform.machine() != "x86_64", reason="has only one set of system calls"
            ),
        ),
    ],
)
async def test_system_calls_by_other_numbers_kill_the_process(
    a_request: ARequest, numbers: str
) -> None:
    async with a_pool() as pool:
        with pytest.raises(RenderCrashed):
            await pool.render(a_request(numbers), ignore)


async def test_an_output_file_cannot_grow_without_limit(a_request: ARequest) -> None:
    async with a_pool() as pool:
        with pytest.raises(RenderError, match="File too large"):
            await pool.render(a_request("grow"), ignore)


@pytest.mark.parametrize("level", list(ConfinementLevel))
async def test_only_the_workers_user_can_read_an_output(
    a_request: ARequest, level: ConfinementLevel
) -> None:
    request = a_request("finish")
    async with a_pool(level=level) as pool:
        await pool.render(request, ignore)
    assert request.output_path.stat().st_mode & 0o777 == 0o600


async def test_no_thread_starts_before_the_confinement(a_request: ARequest) -> None:
    request = a_request("count_threads")
    async with a_pool("breakout_engine:NumpyEngine") as pool:
        await pool.render(request, ignore)
    assert request.output_path.read_text() == "2", "the main thread, and the one for tasks"


async def test_a_library_folder_around_the_renders_does_not_make_them_readable(
    a_request: ARequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    async with a_pool() as pool:
        ended = await outcomes(pool, a_request("everything"))
    assert set(ended.values()) == {"refused"}


async def test_a_package_around_the_renders_does_not_make_them_readable(
    a_request: ARequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package_around_renders"
    package.mkdir()
    (package / "__init__.py").write_text("from breakout_engine import BreakoutEngine")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(tempfile, "tempdir", str(package))
    async with a_pool(f"{package.name}:BreakoutEngine") as pool:
        ended = await outcomes(pool, a_request("everything"))
    assert set(ended.values()) == {"refused"}


async def test_an_earlier_render_leaves_no_file_for_the_next(a_request: ARequest) -> None:
    async with a_pool() as pool:
        await pool.render(a_request("finish"), ignore)
        request = a_request("peek")
        await pool.render(request, ignore)
    seen = request.output_path.read_text().splitlines()
    assert sorted(Path(path).name for path in seen) == ["0", "output.pid", "template"]


async def test_processes_are_replaced_after_the_configured_number_of_renders(
    a_request: ARequest,
) -> None:
    async with a_pool(tasks_per_process=1) as pool:
        processes = [(await pool.render(a_request("finish"), ignore)).frames for _ in range(3)]
    assert len(set(processes)) == 3


@pytest.mark.parametrize("level", list(ConfinementLevel))
@pytest.mark.parametrize("composition", ["_link_as_output", "_folder_as_output"])
async def test_only_a_plain_file_is_accepted_as_an_output(
    a_request: ARequest, composition: str, level: ConfinementLevel
) -> None:
    request = a_request(composition)
    async with a_pool(level=level) as pool:
        with pytest.raises(RenderCrashed, match=r"no output file|not a regular file"):
            await pool.render(request, ignore)
    assert contents(request.output_path) == []


async def test_an_engine_that_declares_it_may_run_programs(a_request: ARequest) -> None:
    request = a_request("program")
    async with a_pool("breakout_engine:ProgramEngine") as pool:
        await pool.render(request, ignore)
    assert request.output_path.read_text() == "hello\n"


async def test_an_engine_that_runs_programs_is_otherwise_just_as_confined(
    a_request: ARequest,
) -> None:
    request = a_request("everything")
    async with a_pool("breakout_engine:ProgramEngine") as pool:
        ended = await outcomes(pool, request)
    done = {name for name, outcome in ended.items() if outcome == "DONE"}
    # The signal only reaches processes that this one has started itself.
    assert done == {"run a program", "fork", "signal its group"}


async def test_operators_can_make_more_paths_readable(a_request: ARequest, secret: Path) -> None:
    request = a_request("everything")
    async with a_pool(readable=(secret,)) as pool:
        ended = await outcomes(pool, request)
    done = {name for name, outcome in ended.items() if outcome == "DONE"}
    assert done == {"read a file", "read a file in a thread"}


async def test_a_process_that_starts_endless_threads_is_stopped_by_its_memory_limit(
    a_request: ARequest,
) -> None:
    request = a_request("threads")
    async with a_pool() as pool:
        await pool.render(request, ignore)
        await pool.render(a_request("finish"), ignore)
    assert 0 < int(request.output_path.read_text()) < 2000


async def test_a_process_that_opens_endless_files_is_refused(a_request: ARequest) -> None:
    async with a_pool() as pool:
        with pytest.raises(RenderError, match="Too many open files"):
            await pool.render(a_request("open_files"), ignore)
        await pool.render(a_request("finish"), ignore)


async def test_a_process_that_exceeds_its_processor_time_is_killed(a_request: ARequest) -> None:
    async with a_pool() as pool:
        with pytest.raises(RenderTimedOut, match="processor time"):
            await pool.render(a_request("burn"), ignore)
        await pool.render(a_request("finish"), ignore)


async def test_processor_time_is_limited_separately_for_each_render(a_request: ARequest) -> None:
    first, last = a_request("limits"), a_request("limits")
    async with a_pool() as pool:
        requests = (first, a_request("compute_for_a_second"), last)
        processes = {(await pool.render(request, ignore)).frames for request in requests}
    assert len(processes) == 1
    longest = first.limits.seconds * (os.cpu_count() or 1)
    assert longest <= processor_limit(first) <= longest + 120
    assert processor_limit(last) > processor_limit(first), "time used before does not count"


def processor_limit(request: RenderRequest) -> int:
    """Return the seconds of processor time that the process was allowed, from its output."""
    lines = request.output_path.read_text().splitlines()
    (limit,) = (line for line in lines if line.startswith("Max cpu time"))
    return int(limit.split()[3])


def test_an_older_kernel_renders_with_a_warning_unless_confinement_is_required(
    a_request: ARequest,
) -> None:
    """A filter refuses newer system calls, so that the kernel looks like an older one."""
    request = a_request("finish")
    program = textwrap.dedent("""
        import asyncio, ctypes, errno, os, pathlib, platform, struct, sys
        from reelbatch.engines.base import RenderLimits, RenderRequest
        from reelbatch.engines.pool import Confinement, ConfinementLevel, RenderPool, seccomp
        from reelbatch.engines.pool import kernel, seccomp
        from reelbatch.models.errors import RendererInterrupted
        from reelbatch.models.orchestration.jobs import Output

        arm = platform.machine() == "aarch64"
        unknown = [444, 277 if arm else 317]
        install = unknown[1]
        code = [(0x20, 0, 0, 0)]
        for number in unknown:
            code += [(0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | errno.ENOSYS)]
        code.append((0x06, 0, 0, 0x7fff0000))
        packed = b"".join(struct.pack("=HBBI", *line) for line in code)

        class Address(ctypes.Structure):
            _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

        kernel.control_process(38, 1)
        kernel.system_call(install, 1, 1, ctypes.byref(Address(len(code), packed)))

        async def main():
            folder = pathlib.Path(sys.argv[2])
            request = RenderRequest(
                folder / "template", "misbehaving", "finish",
                Output(output_type="image", codec="image_png"), folder / "output", folder,
            )
            for level in ("available", "required"):
                confinement = Confinement(ConfinementLevel(level))
                async with RenderPool(
                    sys.argv[1], processes=1, limits=RenderLimits(), confinement=confinement
                ) as pool:
                    try:
                        await pool.render(request, lambda percent: None)
                        print("rendered without", *pool.missing_confinement)
                    except RendererInterrupted as error:
                        print("refused:", error.message)

        asyncio.run(main())
    """)
    run = subprocess.run(
        [sys.executable, "-c", program, ENGINE, str(request.template.parent)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    rendered, refused = [
        line for line in run.stdout.splitlines() if line.startswith(("rendered", "refused"))
    ]
    for line in (rendered, refused):
        assert "files (Landlock)" in line
        assert "network, programs and system calls (seccomp)" in line
    assert "renders are not fully confined" in run.stdout + run.stderr


def test_the_tests_of_engines_run_confined(confined_engines: Any) -> None:
    """See conftest.py: this covers everything that engines do with files, programs and threads."""
    if confined_engines.missing:
        pytest.skip(f"this system cannot confine {', '.join(confined_engines.missing)}")
    with pytest.raises(TemplateInvalid, match="uses no templates"):
        JoinEngine.renderer().inspect(Path(__file__), "lottie", RenderLimits())
    assert confined_engines.pool("join", RenderLimits()).missing_confinement == ()
