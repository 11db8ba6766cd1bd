"""What all tests share."""

import os
from collections.abc import Iterator

import pytest
import structlog

from reelbatch.process import end_process
from tests.s3_server import S3Server, running_s3_server

_status = 1

# Without all variables, as is usual for a terminal: printing an API's takes most of a minute.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


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


@pytest.fixture(scope="module")  # idle, it takes a tenth of a processor
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server
