"""The pool of render processes, with an engine that misbehaves on request."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from reelbatch.engines.base import RenderLimits, RenderRequest, ResolvedAsset
from reelbatch.engines.pool import Confinement, Expressions, RenderPool
from reelbatch.models.errors import (
    LimitExceeded,
    RenderCrashed,
    RendererInterrupted,
    RenderError,
    RenderTimedOut,
    TemplateInvalid,
)
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.wire.assets import StaticAsset
from tests.busy_folders import found_below
from tests.child_processes import children_of_command

ENGINE = "misbehaving_engine:MisbehavingEngine"
LIMITS = RenderLimits(seconds=60, memory=1024**3)

ARequest = Callable[[str], RenderRequest]


@pytest.fixture(autouse=True)
def engine_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])


@pytest.fixture(autouse=True)
def pools_inside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have pools create their folders in the test's folder."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
async def pool() -> AsyncIterator[RenderPool]:
    async with RenderPool(ENGINE, processes=2, limits=LIMITS) as pool:
        yield pool


@pytest.fixture
def a_request(tmp_path: Path) -> ARequest:
    """Builds requests, each with its own folder. The composition's name says what happens."""

    numbers = count()

    def build(composition: str) -> RenderRequest:
        number = next(numbers)
        folder = tmp_path / f"{number}"
        folder.mkdir()
        return RenderRequest(
            template=folder / "template",
            template_type="misbehaving",
            composition=composition,
            output=Output(output_type="image", codec="image_png"),
            output_path=folder / f"output-{number}",
            work_dir=folder,
        )

    return build


def ignore(percent: float) -> None:
    del percent


def is_running(process: int) -> bool:
    """Whether the process exists and is not a zombie (proc_pid_stat(5))."""
    try:
        statistics = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return statistics.rpartition(")")[2].split()[0] != "Z"


def kill_and_wait(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)


async def begin(pool: RenderPool, request: RenderRequest) -> "asyncio.Task[object]":
    """Start a render and wait until its engine has reported."""
    reported = asyncio.Event()
    render = asyncio.create_task(pool.render(request, lambda _: reported.set()))
    waiting = asyncio.create_task(reported.wait())
    await asyncio.wait({render, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    waiting.cancel()
    assert reported.is_set(), "the render ended before it reported"
    return render


def process_of(request: RenderRequest) -> int:
    """Return the process that is working on the request."""
    return int(process_files(request)[0].read_text())


def has_begun(request: RenderRequest) -> bool:
    return bool(process_files(request))


def process_files(request: RenderRequest) -> list[Path]:
    return found_below(request.work_dir.parent, f"{request.output_path.name}.pid")


def children() -> set[int]:
    """Return this process's render processes that run this engine."""
    return children_of_command(ENGINE)


async def test_a_render_returns_its_file_and_reports_progress(
    pool: RenderPool, a_request: ARequest
) -> None:
    request = a_request("finish")
    reports: list[float] = []
    rendered = await pool.render(request, reports.append)
    assert (rendered.width, rendered.height) == (4, 2)
    assert request.output_path.read_text() == "done"
    assert reports == [25.0]


async def test_each_short_render_of_a_process_reports_progress(a_request: ARequest) -> None:
    async with RenderPool(ENGINE, processes=1, limits=LIMITS) as pool:
        for _ in range(3):
            reports: list[float] = []
            await pool.render(a_request("finish"), reports.append)
            assert reports == [25.0]


async def test_an_engine_that_reports_all_the_time_sends_few_messages(
    pool: RenderPool, a_request: ARequest
) -> None:
    reports: list[float] = []
    await pool.render(a_request("chatter"), reports.append)
    assert 0 < len(reports) < 1000, "of 10,001"


async def test_a_static_asset_has_its_name_in_the_folder_of_the_render(
    pool: RenderPool, a_request: ARequest
) -> None:
    request = a_request("copy")
    file = request.work_dir / "images" / "logo.png"
    file.parent.mkdir()
    file.write_text("a logo")
    asset = StaticAsset(type="static", name="images/logo.png", src="https://example.com/logo.png")
    await pool.render(replace(request, assets=[ResolvedAsset(asset, file)]), ignore)
    assert request.output_path.read_text() == "a logo"


async def test_an_inspection_returns_what_the_engine_found(
    pool: RenderPool, tmp_path: Path
) -> None:
    template = tmp_path / "template"
    template.touch()
    inspection = await pool.inspect(template, "misbehaving")
    assert inspection.compositions[0].name == "Main"
    assert inspection.compositions[0].frames == LIMITS.frames


async def test_an_inspection_does_not_wait_for_renders(a_request: ARequest, tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.touch()
    async with RenderPool(ENGINE, processes=1, limits=LIMITS) as pool:
        endless = a_request("sleep")
        render = await begin(pool, endless)
        inspection = await pool.inspect(template, "misbehaving")
        assert inspection.compositions[0].name == "Main"
        assert children() == {process_of(endless)}, "the inspection's process has ended"
        assert not render.done()
        render.cancel()


async def test_an_inspection_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.write_text("endless")
    async with RenderPool(ENGINE, processes=1, limits=RenderLimits(seconds=0.5)) as pool:
        with pytest.raises(RenderTimedOut, match=r"the inspection took longer than 0\.5 seconds"):
            await pool.inspect(template, "misbehaving")
        assert not children()


async def test_a_preview_has_its_own_time_limit(pool: RenderPool, a_request: ARequest) -> None:
    request = replace(a_request("sleep"), limits=RenderLimits(seconds=0.5))
    with pytest.raises(RenderTimedOut, match=r"0\.5 seconds allowed for a preview"):
        await pool.render(request, ignore, at_once=True)
    assert not children()


async def test_an_inspection_raises_the_engines_error(pool: RenderPool, tmp_path: Path) -> None:
    with pytest.raises(TemplateInvalid, match="missing is not a misbehaving"):
        await pool.inspect(tmp_path / "missing", "misbehaving")


async def test_an_error_of_the_engine_is_raised_and_its_process_is_reused(
    pool: RenderPool, a_request: ARequest
) -> None:
    first = await pool.render(a_request("finish"), ignore)
    with pytest.raises(TemplateInvalid) as raised:
        await pool.render(a_request("refuse"), ignore)
    assert raised.value.message == "layer 3 has no size"
    following = await pool.render(a_request("finish"), ignore)
    assert following.frames == first.frames  # `frames` is the id of the process


async def test_an_unexpected_error_becomes_a_short_render_error(
    pool: RenderPool, a_request: ARequest
) -> None:
    with pytest.raises(RenderError) as raised:
        await pool.render(a_request("stumble"), ignore)
    assert raised.value.message == "the renderer failed: KeyError: 'nowhere'"


async def test_output_of_a_library_does_not_disturb_the_render(
    pool: RenderPool, a_request: ARequest, capfd: pytest.CaptureFixture[str]
) -> None:
    await pool.render(a_request("print"), ignore)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("composition", "reason"),
    [("segfault", "SIGSEGV"), ("abort", "SIGABRT"), ("exit", "exit code 3")],
)
async def test_a_crash_is_reported_with_its_reason(
    pool: RenderPool, a_request: ARequest, composition: str, reason: str
) -> None:
    with pytest.raises(RenderCrashed, match=reason):
        await pool.render(a_request(composition), ignore)


async def test_a_process_that_a_render_broke_does_not_crash_the_next_render(
    a_request: ARequest,
) -> None:
    async with RenderPool(ENGINE, processes=1, limits=LIMITS) as pool:
        breaking = await pool.render(a_request("break_the_process"), ignore)
        request = a_request("finish")
        following = await pool.render(request, ignore)
        assert request.output_path.read_text() == "done"
        assert following.frames != breaking.frames  # `frames` is the id of the process


async def test_a_render_that_expressions_crash_is_repeated_without_them(
    a_request: ARequest,
) -> None:
    allowed = Confinement(expressions=Expressions.ALWAYS)
    async with RenderPool(ENGINE, processes=1, limits=LIMITS, confinement=allowed) as pool:
        request = replace(a_request("crash_by_expressions"), expressions=True)
        file = await pool.render(request, ignore)
        assert [warning.code for warning in file.warnings] == ["EXPRESSIONS_STOPPED"]
        assert "SIGABRT" in file.warnings[0].message
        with pytest.raises(RenderCrashed, match="SIGABRT"):
            await pool.render(replace(a_request("abort"), expressions=True), ignore)


async def test_a_render_that_also_crashes_a_new_process_is_not_repeated_again(
    a_request: ARequest,
) -> None:
    starts: list[None] = []
    async with RenderPool(
        ENGINE, processes=1, limits=LIMITS, on_process_start=lambda: starts.append(None)
    ) as pool:
        await pool.render(a_request("finish"), ignore)
        with pytest.raises(RenderCrashed, match="SIGSEGV"):
            await pool.render(a_request("segfault"), ignore)
    assert len(starts) == 2


async def test_twenty_crashes_in_a_row_harm_neither_the_pool_nor_a_running_render(
    pool: RenderPool, a_request: ARequest
) -> None:
    long_request = a_request("sleep")
    long_render = await begin(pool, long_request)
    for _ in range(20):
        with pytest.raises(RenderCrashed):
            await pool.render(a_request("exit"), ignore)
    assert not long_render.done()
    assert is_running(process_of(long_request))
    await pool.render(a_request("finish"), ignore)
    long_render.cancel()


async def test_a_process_that_dies_while_idle_is_replaced(
    pool: RenderPool, a_request: ARequest
) -> None:
    first = await pool.render(a_request("finish"), ignore)
    kill_and_wait(first.frames)
    second = await pool.render(a_request("finish"), ignore)
    assert second.frames != first.frames


@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGTERM])
async def test_a_render_whose_process_is_killed_from_outside_may_be_retried(
    pool: RenderPool, a_request: ARequest, deadly: signal.Signals
) -> None:
    request = a_request("sleep")
    render = await begin(pool, request)
    os.kill(process_of(request), deadly)
    with pytest.raises(RendererInterrupted, match=deadly.name) as raised:
        await render
    assert raised.value.retryable


@pytest.mark.parametrize("composition", ["sleep", "hang_in_c"])
async def test_cancelling_kills_that_render_and_no_other(
    pool: RenderPool, a_request: ARequest, composition: str
) -> None:
    cancelled_request, other_request = a_request(composition), a_request("sleep")
    cancelled = await begin(pool, cancelled_request)
    other = await begin(pool, other_request)
    killed = process_of(cancelled_request)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert not is_running(killed)
    assert is_running(process_of(other_request))
    await pool.render(a_request("finish"), ignore)
    assert not other.done()
    other.cancel()


async def test_cancelling_a_queued_render_kills_no_process(a_request: ARequest) -> None:
    async with RenderPool(ENGINE, processes=1, limits=LIMITS) as pool:
        running_request, queued_request = a_request("sleep"), a_request("finish")
        running = await begin(pool, running_request)
        queued = asyncio.create_task(pool.render(queued_request, ignore))
        await asyncio.sleep(0)  # let it enter the queue
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued
        assert is_running(process_of(running_request))
        assert not has_begun(queued_request)
        running.cancel()


async def test_more_renders_than_processes_take_turns(
    pool: RenderPool, a_request: ARequest
) -> None:
    requests = [a_request("finish") for _ in range(12)]
    rendered = await asyncio.gather(*(pool.render(request, ignore) for request in requests))
    assert len({file.frames for file in rendered}) <= 2


@pytest.mark.parametrize("composition", ["sleep", "hang_in_c"])
async def test_a_render_that_takes_too_long_is_killed(
    a_request: ARequest, composition: str
) -> None:
    limits = RenderLimits(seconds=0.5)
    async with RenderPool(ENGINE, processes=1, limits=limits) as pool:
        request = a_request(composition)
        with pytest.raises(RenderTimedOut, match=r"0\.5 seconds"):
            await pool.render(request, ignore)
        assert not children()


async def test_time_in_the_queue_does_not_count_as_rendering_time(a_request: ARequest) -> None:
    limits = RenderLimits(seconds=1)
    async with RenderPool(ENGINE, processes=1, limits=limits) as pool:
        slow = [pool.render(a_request("sleep"), ignore) for _ in range(2)]
        quick = pool.render(a_request("finish"), ignore)
        *timed_out, finished = await asyncio.gather(*slow, quick, return_exceptions=True)
    assert all(isinstance(error, RenderTimedOut) for error in timed_out)
    assert not isinstance(finished, BaseException)


@pytest.mark.parametrize(
    ("composition", "error", "words"),
    [
        ("allocate", LimitExceeded, "1024 MiB of memory"),
        ("stumble", RenderError, "KeyError: 'nowhere'"),
    ],
)
async def test_a_process_that_ran_out_of_memory_or_failed_is_not_used_again(
    a_request: ARequest, composition: str, error: type[RenderError], words: str
) -> None:
    async with RenderPool(ENGINE, processes=1, limits=LIMITS) as pool:
        first = await pool.render(a_request("finish"), ignore)
        with pytest.raises(error, match=words):
            await pool.render(a_request(composition), ignore)
        following = await pool.render(a_request("finish"), ignore)
    assert following.frames != first.frames  # `frames` is the id of the process


async def test_a_render_process_sees_no_secrets(
    monkeypatch: pytest.MonkeyPatch, a_request: ARequest
) -> None:
    secrets = ("REELBATCH_SIGNING_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "ANYTHING_ELSE")
    for name in secrets:
        monkeypatch.setenv(name, "hidden")
    async with RenderPool(ENGINE, processes=1, limits=LIMITS) as pool:
        request = a_request("environment")
        await pool.render(request, ignore)
    variables = request.output_path.read_text()
    assert "PATH=" in variables
    assert "hidden" not in variables
    assert not any(name in variables for name in secrets)


async def test_a_render_process_leaves_no_core_file(pool: RenderPool, a_request: ARequest) -> None:
    request = a_request("limits")
    await pool.render(request, ignore)
    cores = next(
        line for line in request.output_path.read_text().splitlines() if "core file" in line
    )
    assert cores.split()[4:6] == ["0", "0"]


async def test_closing_leaves_no_process(a_request: ARequest) -> None:
    pool = RenderPool(ENGINE, processes=2, limits=LIMITS)
    idle_request, busy_request = a_request("finish"), a_request("sleep")
    busy = await begin(pool, busy_request)
    idle_process = (await pool.render(idle_request, ignore)).frames
    busy_process = process_of(busy_request)
    pool.close()
    assert not is_running(idle_process)
    assert not is_running(busy_process)
    with pytest.raises(RendererInterrupted):
        await busy
    with pytest.raises(RendererInterrupted, match="closed"):
        await pool.render(a_request("finish"), ignore)


async def test_an_engine_that_cannot_be_loaded_is_reported(tmp_path: Path) -> None:
    async with RenderPool("misbehaving_engine:BrokenEngine", processes=1, limits=LIMITS) as pool:
        for _ in range(2):
            with pytest.raises(RenderError, match=r"libbroken\.so is missing"):
                await pool.inspect(tmp_path, "misbehaving")


def test_render_processes_die_with_a_parent_that_is_killed(a_request: ARequest) -> None:
    requests = [a_request("sleep"), a_request("hang_in_c")]
    program = textwrap.dedent("""
        import asyncio, pathlib, sys
        from reelbatch.engines.base import RenderLimits, RenderRequest, ResolvedAsset
        from reelbatch.engines.pool import RenderPool
        from reelbatch.models.orchestration.jobs import Output

        async def main():
            pool = RenderPool(sys.argv[1], processes=2, limits=RenderLimits())
            output = Output(output_type="image", codec="image_png")
            def request(argument):
                composition, folder = argument.split("=")
                folder = pathlib.Path(folder)
                return RenderRequest(
                    template=folder / "template",
                    template_type="misbehaving",
                    composition=composition,
                    output=output,
                    output_path=folder / f"output-{folder.name}",
                    work_dir=folder,
                )
            report = lambda percent: print("begun", flush=True)
            await asyncio.gather(*(pool.render(request(a), report) for a in sys.argv[2:]))

        asyncio.run(main())
    """)
    arguments = [f"{request.composition}={request.work_dir}" for request in requests]
    parent = subprocess.Popen(
        [sys.executable, "-c", program, ENGINE, *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with parent:
        assert parent.stdout is not None
        for _ in requests:
            assert parent.stdout.readline() == b"begun\n"
        watched = [os.pidfd_open(process_of(request)) for request in requests]
        parent.kill()
    for process in watched:
        assert has_ended(process)


def has_ended(process: int, within: float = 10.0) -> bool:
    """Whether the process behind a pidfd ends within some seconds."""
    readable, _, _ = select.select([process], [], [], within)
    os.close(process)
    return bool(readable)
