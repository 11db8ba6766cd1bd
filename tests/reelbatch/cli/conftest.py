"""Fixtures that run `reelbatch`, as a separate process or in this one."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reelbatch.cli.app import run as run_command
from tests.reelbatch.cli.running_stack import RunningStack

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def clean_environment() -> dict[str, str]:
    """The environment without any of Reelbatch's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("REELBATCH_")}


@pytest.fixture(scope="session")
def reelbatch(
    clean_environment: dict[str, str],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command to its end: `reelbatch("doctor", "--home", home, REELBATCH_URL="…")`."""

    def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "reelbatch", *map(str, arguments)],
            env=clean_environment | variables,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


StartStack = Callable[[Path], RunningStack]


@pytest.fixture(scope="session")
def start_stack(clean_environment: dict[str, str]) -> Iterator[StartStack]:
    """Start a stack and wait until it is ready."""
    stacks: list[RunningStack] = []

    def start(home: Path) -> RunningStack:
        stack = RunningStack(home, clean_environment)
        stacks.append(stack)
        stack.wait_for_line("Reelbatch is ready")
        return stack

    yield start
    for stack in stacks:
        stack.close()


@pytest.fixture(scope="session")
def stack(start_stack: StartStack, tmp_path_factory: pytest.TempPathFactory) -> RunningStack:
    """A stack that tests share, and so must leave running."""
    return start_stack(tmp_path_factory.mktemp("shared") / "home")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, with no settings in the environment and no profiles."""
    for name in os.environ:
        if name.startswith("REELBATCH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


Command = Callable[..., Ended]


@pytest.fixture
def command(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command in this process, which is ten times as fast as a separate one."""

    def run(*arguments: object, stdin: str = "") -> Ended:
        monkeypatch.chdir(here)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code = run_command([*map(str, arguments)])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


@pytest.fixture
def served(command: Command, stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Like `command`, with the shared stack as the service."""
    monkeypatch.setenv("REELBATCH_HOME", str(stack.home))
    return command
