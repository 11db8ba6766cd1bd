"""What all tests share."""

import pytest

from connection import end_process

_status = 1


def pytest_sessionfinish(exitstatus: int) -> None:
    global _status
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """This process has run workers: `end_process` says why it must not end as usual."""
    end_process(_status)
