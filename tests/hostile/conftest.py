"""Prints tables of the outcomes of hostile inputs at the end of the tests."""

import pytest

from tests.hostile import ledger


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if ledger.entries:
        terminalreporter.section("hostile inputs")
        for line in ledger.summary():
            terminalreporter.write_line(line)
    if ledger.watched:
        terminalreporter.section("what was sent to a running service")
        for line in ledger.service_summary():
            terminalreporter.write_line(line)
