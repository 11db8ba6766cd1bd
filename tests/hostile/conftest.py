"""The table of what came of the corpus, at the end of its tests."""

import pytest

from tests.hostile import ledger


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if ledger.entries:
        terminalreporter.section("hostile inputs")
        for line in ledger.summary():
            terminalreporter.write_line(line)
