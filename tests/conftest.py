"""Hooks and fixtures for all tests."""

import asyncio
import os
from collections.abc import Generator, Iterator

import pytest
import structlog

from reelbatch.process import end_process
from tests.integration.service import Service
from tests.s3_server import S3Server, running_s3_server

_status = 1

# Plain tracebacks: with all variables, the terminal's default, an API's takes most of a minute.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

_RUNNER = "_session_scoped_runner"  # a fixture of pytest-asyncio


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than the number of processors, because tests wait for processes they started."""
    return min(4, len(os.sched_getaffinity(0)) + 1)


def pytest_sessionfinish(exitstatus: int) -> None:
    global _status
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """End the process abruptly, because it has run workers; `end_process` explains why."""
    end_process(_status)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Cancel the test's tasks too: the time limit interrupts only the event loop."""
    runner = item.funcargs.get(_RUNNER) if isinstance(item, pytest.Function) else None
    if not isinstance(runner, asyncio.Runner):
        return (yield)
    loop = runner.get_loop()  # there may be no current loop
    others = asyncio.all_tasks(loop)
    try:
        return (yield)
    except pytest.fail.Exception:
        if left := asyncio.all_tasks(loop) - others:
            for task in left:
                task.print_stack()
                task.cancel()
            loop.run_until_complete(asyncio.wait(left, timeout=30))
        raise


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")  # even when idle, it uses a tenth of a processor
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server
