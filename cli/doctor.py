"""`reelbatch doctor`: what this machine lacks to run the service, and how the service is."""

from pathlib import Path

from rich.text import Text

from cli.check import Check
from cli.console import CommandFailed, out
from cli.home import Home, is_running
from cli.machine_checks import machine_checks, port_checks
from cli.service_checks import service_checks
from engines.registry import EngineUnavailable
from models.errors import ReelbatchError


async def examine(home: Home, temporal_binary: Path | None) -> None:
    """Print one line a check. Raises CommandFailed if something is wrong."""
    wrong = await _run(machine_checks(home, temporal_binary))
    if is_running(home):
        wrong += await _run(service_checks(home))
    else:
        wrong += await _run(port_checks())
        _print("·", "", "service", f"not running; start it with `reelbatch up --home {home.path}`")
    if wrong:
        raise CommandFailed(f"{wrong} checks failed.")


async def _run(checks: list[Check]) -> int:
    """Returns how many failed."""
    wrong = 0
    for check in checks:
        try:
            _print("✓", "green", check.subject, await check.look())
        except (CommandFailed, EngineUnavailable, ReelbatchError, OSError) as problem:
            wrong += 1
            _print("✗", "red", check.subject, str(problem))
    return wrong


def _print(mark: str, style: str, subject: str, finding: str) -> None:
    line = Text.assemble((mark, style), " ", (subject, "bold"), f": {finding}")
    out.print(line, soft_wrap=True)
