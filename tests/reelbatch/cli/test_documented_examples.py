"""Runs the commands and programs of the documentation on a real service."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.reelbatch.cli.conftest import ROOT, Command
from tests.reelbatch.cli.running_stack import RunningStack

CLI_REFERENCE = (ROOT / "docs" / "cli.md").read_text()


def blocks_of(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture
def examples(here: Path) -> Path:
    """A folder with the examples, like the root of a checkout."""
    (here / "examples").symlink_to(ROOT / "examples")
    (here / "people.csv").write_text("headline\nAda\nGrace\n")
    runners = (ROOT / "examples" / "tables" / "runners.csv").read_text().splitlines()
    (here / "few.csv").write_text("\n".join(runners[:4]))
    return here


@pytest.mark.parametrize("document", ["docs/client.md", "README.md"])
def test_the_python_code_in_a_document_runs(
    document: str,
    examples: Path,
    stack: RunningStack,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("REELBATCH_HOME", str(stack.home))
    monkeypatch.chdir(examples)
    names: dict[str, Any] = {}
    blocks = blocks_of(ROOT / document, "python")
    assert blocks
    for block in blocks:
        file = examples / "example.py"
        file.write_text(block)
        names = runpy.run_path(str(file), init_globals=names)
    assert (examples / "films" / "000.png").is_file()
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(("document", "saved"), [("docs/cli.md", 6), ("docs/tables.md", 0)])
def test_the_commands_in_a_document_run(
    document: str, saved: int, examples: Path, served: Command, stack: RunningStack
) -> None:
    batch_id = ""
    for block in blocks_of(ROOT / document, "sh"):
        for line in block.splitlines():
            piped, _, call = line.rpartition(" | ")
            words = [batch_id if word == "BATCH" else word for word in shlex.split(call)]
            stdin = stack.connection.token if piped else ""
            ended = served(*words[1:], stdin=stdin)
            assert ended.code == 0, f"{line}: {ended.err}"
            batch_id = (re.findall(r"^batch (\w{26}):", ended.out) or [batch_id])[0]
    assert len(list((examples / "films").glob("00*.*"))) == saved


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
@pytest.mark.parametrize(
    "document", ["README.md", "docs/tutorial.md", "docs/spreadsheet.md", "examples/README.md"]
)
def test_the_shell_commands_in_a_document_run(
    document: str, examples: Path, stack: RunningStack
) -> None:
    (examples / ".venv").symlink_to(sys.prefix)
    (examples / "reelbatch-home").symlink_to(stack.home)
    for name, content in files_to_write(ROOT / document).items():
        (examples / name).write_text(content)
    blocks = [block for block in blocks_of(ROOT / document, "sh") if not block.startswith("make ")]
    script = "\n".join([PREAMBLE, *(with_real_values(block, stack) for block in blocks)])
    ended = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=examples,
        env=os.environ
        | {
            "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
            "TOKEN": stack.connection.token,
            "no_proxy": "*",
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode == 0, f"{script}\n{ended.stdout}\n{ended.stderr}"


# A refusal by the API ends the script. Placeholders get values as a reader would find them.
PREAMBLE = r"""
curl() { command curl --fail "$@"; }
newest_template() { .venv/bin/reelbatch templates list --json | jq -r '.[-1].id'; }
id_of_batch() { sed -n 's/^batch \(\w*\):.*/\1/p' submitted; }
"""


def files_to_write(document: Path) -> dict[str, str]:
    """The content of each file that the document asks its reader to write."""
    pattern = r"Write `([\w.]+)`.*?^```\w+\n(.*?)^```"
    return dict(re.findall(pattern, document.read_text(), re.DOTALL | re.MULTILINE))


def with_real_values(block: str, stack: RunningStack) -> str:
    for pattern, value in {
        r"examples/tables/runners\.csv": "few.csv",  # all of them take a minute
        r"my-template\.json": "examples/templates/product-promo.zip",
        r"http://127\.0\.0\.1:8080/api/v2": stack.connection.base_url,
        r"TOKEN=rb_…": f"TOKEN={stack.connection.token}",
        r"TEMPLATE=…": "TEMPLATE=$(newest_template)",
        r"-d @batch\.json": '-d "$(sed "s/{{[a-z-]*}}/$(newest_template)/" batch.json)"',
        r"(reelbatch submit .*)": r"\1 | tee submitted",
        r"BATCH_ID": "$(id_of_batch)",
    }.items():
        block = re.sub(pattern, value, block)
    return block


def test_every_exit_code_is_documented() -> None:
    from reelbatch.cli.exit_codes import ExitCode

    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", CLI_REFERENCE, re.MULTILINE)}
    assert documented == set(ExitCode)
