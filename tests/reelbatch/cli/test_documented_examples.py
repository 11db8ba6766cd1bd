"""The examples of the pages about the client and the command line, on a real service."""

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.reelbatch.cli.conftest import ROOT, Command
from tests.reelbatch.cli.stack import RunningStack

CLI_PAGE = (ROOT / "docs" / "cli.md").read_text()


def blocks_of(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture
def examples(here: Path) -> Path:
    """The examples folder as it is named from a checkout."""
    (here / "examples").symlink_to(ROOT / "examples")
    (here / "people.csv").write_text("headline\nAda\nGrace\n")
    return here


@pytest.mark.parametrize("page", ["docs/client.md", "README.md"])
def test_the_python_of_a_page_runs(
    page: str,
    examples: Path,
    stack: RunningStack,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("REELBATCH_HOME", str(stack.home))
    monkeypatch.chdir(examples)
    names: dict[str, Any] = {}
    blocks = blocks_of(ROOT / page, "python")
    assert blocks
    for block in blocks:
        file = examples / "example.py"
        file.write_text(block)
        names = runpy.run_path(str(file), init_globals=names)
    assert (examples / "films" / "000.png").is_file()
    assert "Traceback" not in capsys.readouterr().err


def test_the_commands_of_the_page_about_the_command_line_run(
    examples: Path, served: Command, stack: RunningStack
) -> None:
    batch_id = ""
    for block in blocks_of(ROOT / "docs" / "cli.md", "sh"):
        for line in block.splitlines():
            piped, _, call = line.rpartition(" | ")
            words = [batch_id if word == "BATCH" else word for word in shlex.split(call)]
            stdin = stack.connection.token if piped else ""
            ended = served(*words[1:], stdin=stdin)
            assert ended.code == 0, f"{line}: {ended.err}"
            batch_id = (re.findall(r"^batch (\w{26}):", ended.out) or [batch_id])[0]
    assert len(list((examples / "films").glob("00*.*"))) == 6


def test_every_exit_code_is_documented() -> None:
    from reelbatch.cli.exit_codes import ExitCode

    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", CLI_PAGE, re.MULTILINE)}
    assert documented == set(ExitCode)
