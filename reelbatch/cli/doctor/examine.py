"""`reelbatch doctor`: runs the checks and prints what they find."""

from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from reelbatch.cli.console import CommandFailed, count_of, out, print_json
from reelbatch.cli.doctor.after_effects import after_effects_checks
from reelbatch.cli.doctor.check import Check
from reelbatch.cli.doctor.machine import machine_checks, port_checks, stack_checks
from reelbatch.cli.doctor.remote import remote_checks
from reelbatch.cli.doctor.service import service_checks
from reelbatch.cli.stack.home import Home, is_running
from reelbatch.client import ReelbatchError as ClientError
from reelbatch.engines.registry import EngineUnavailable
from reelbatch.models.errors import ReelbatchError

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "")}


@dataclass(frozen=True)
class _Finding:
    subject: str
    is_fine: bool | None  # None: nothing was checked
    text: str


async def examine(home: Home, temporal_binary: Path | None, *, as_json: bool = False) -> None:
    """Print one line for each check. Raises CommandFailed if something is wrong.

    Without a home and with servers elsewhere, as in a container, it skips what only `reelbatch up`
    needs.
    """
    remote, running = remote_checks(), is_running(home)
    is_stack = not remote or home.path.exists()
    checks = machine_checks() + after_effects_checks() + remote
    if is_stack:
        checks += stack_checks(home, temporal_binary)
        checks += service_checks(home) if running else port_checks()
    findings: list[_Finding] = []
    for check in checks:
        findings.append(await _look(check))
        if not as_json:
            _print(findings[-1])
    if is_stack and not running:
        note = f"not running; start it with `reelbatch up --home {home.path}`"
        findings.append(_Finding("service", None, note))
        if not as_json:
            _print(findings[-1])
    if as_json:
        print_json(
            [
                {"subject": found.subject, "ok": found.is_fine, "finding": found.text}
                for found in findings
            ]
        )
    wrong = sum(found.is_fine is False for found in findings)
    if wrong:
        raise CommandFailed(f"{count_of(wrong, 'checks')} failed.")


async def _look(check: Check) -> _Finding:
    try:
        return _Finding(check.subject, True, await check.look())
    except (CommandFailed, ClientError, EngineUnavailable, ReelbatchError, OSError) as problem:
        return _Finding(check.subject, False, str(problem))


def _print(found: _Finding) -> None:
    mark, style = _MARKS[found.is_fine]
    line = Text.assemble((mark, style), " ", (found.subject, "bold"), f": {found.text}")
    out.print(line, soft_wrap=True)
