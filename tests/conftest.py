"""What all tests share."""

import asyncio
import os
from collections.abc import Generator, Iterator

import pytest
import structlog

from reelbatch.process import end_process
from tests.integration.service import Service
from tests.s3_server import S3Server, running_s3_server

_status = 1

# Without all variables, as is usual for a terminal: printing an API's takes most of a minute.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

_RUNNER = "_session_scoped_runner"  # pytest-asyncio's


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for what they have started."""
    return min(4, len(os.sched_getaffinity(0)) + 1)


def pytest_sessionfinish(exitstatus: int) -> None:
    global _status
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """This process has run workers: `end_process` says why it must not end as usual."""
    end_process(_status)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """The time limit interrupts the event loop, not the test in it: unwind that one too."""
    runner = item.funcargs.get(_RUNNER) if isinstance(item, pytest.Function) else None
    if not isinstance(runner, asyncio.Runner):
        return (yield)
    loop = runner.get_loop()  # others may have left none as the current one
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


@pytest.fixture(scope="module")  # idle, it takes a tenth of a processor
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server
