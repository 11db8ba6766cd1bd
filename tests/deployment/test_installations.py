"""Installations of the wheel, as people get them with `pip install 'reelbatch[…]'`."""

import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.deployment.installation import Installation, build, clean_environment
from tests.integration.service import ROOT
from tests.reelbatch.cli.running_stack import RunningStack

MAX_CLIENT_SIZE = 60 * 1024**2  # bytes
MAX_DISTRIBUTIONS = 20

Installed = Callable[..., Installation]

PROGRAM = """
import api, models, settings  # this program's own
from reelbatch.client import Reelbatch

with Reelbatch() as client:
    template = client.templates.push(models.TEMPLATE)
    job = {
        "template": {"id": template.id, "composition": "main"},
        "settings": {"type": "image", "frames": 0},
    }
    batch = client.batches.create([job])
    print(batch.wait().stats.finished)
    batch.download(settings.FOLDER)
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A function: `installed("cli")` returns what `pip install 'reelbatch[cli]'` installs."""

    @cache
    def install(*extras: str) -> Installation:
        return Installation(tmp_path_factory.mktemp("installed"), wheel, extras)

    return install


@pytest.fixture(scope="session")
def home(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a running service, started next to modules with the same names as ours."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("activities", "api", "models", "settings", "worker", "workflows"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise RuntimeError('not for Reelbatch')")
    program = (str(installed("server", "embedded").programs / "reelbatch"),)
    stack = RunningStack(folder / "home", clean_environment(), program, folder)
    try:
        stack.wait_for_line("Reelbatch is ready")
        yield stack.home
        assert stack.end(signal.SIGINT) == 0
    finally:
        stack.close()


def test_the_wheel_adds_one_name_to_python(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"reelbatch"}


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(build("sdist", ROOT, tmp_path / "sdist"), tmp_path)
    [source] = tmp_path.glob("reelbatch-*")
    assert build("wheel", source, tmp_path / "wheel").read_bytes() == wheel.read_bytes()


def test_the_client_alone_is_small(installed: Installed) -> None:
    client = installed()
    files = [file for file in client.site.rglob("*") if file.is_file()]
    assert len(client.distributions) <= MAX_DISTRIBUTIONS
    assert sum(file.stat().st_size for file in files) <= MAX_CLIENT_SIZE
    assert len(list(client.site.glob("*.dist-info"))) == len(client.distributions)


def test_the_client_renders_a_batch_next_to_modules_with_the_same_names(
    installed: Installed, home: Path, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "examples" / "templates" / "counter-badge.json", tmp_path)
    (tmp_path / "models.py").write_text("TEMPLATE = 'counter-badge.json'")
    (tmp_path / "settings.py").write_text("FOLDER = 'stills'")
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "__init__.py").touch()
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "reelbatch-home").symlink_to(home)

    program = installed().run("python", "program.py", folder=tmp_path)

    assert program.stdout == "1\n", program.stderr
    assert (tmp_path / "stills" / "000.png").read_bytes().startswith(b"\x89PNG")


def test_a_type_checker_finds_a_misspelt_attribute_of_a_response(
    installed: Installed, tmp_path: Path
) -> None:
    right = "from reelbatch.client import Reelbatch\n\nb = Reelbatch().batches.of('x')\n"
    for name, attribute in (("right", "finished"), ("wrong", "finishd")):
        (tmp_path / f"{name}.py").write_text(f"{right}b.wait().stats.{attribute}\n")
    python = f"--python-executable={installed().programs / 'python'}"
    check = (sys.executable, "-m", "mypy", "--strict", python, "right.py", "wrong.py")

    checked = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)

    [error, summary] = checked.stdout.splitlines()
    assert error.startswith("wrong.py:4: error: ")
    assert '"finishd"; maybe "finished"?' in error
    assert summary.startswith("Found 1 error in 1 file ")


def test_tests_of_a_program_that_uses_the_client_run(wheel: Path, tmp_path: Path) -> None:
    """Any pytest in the environment finds the plugin for engines, which needs the service."""
    installation = Installation(tmp_path / "installed", wheel, others=["pytest"])
    (tmp_path / "test_program.py").write_text("def test_it(): import reelbatch.client")
    tests = installation.run("python", "-m", "pytest", "test_program.py", folder=tmp_path)
    assert "1 passed" in tests.stdout, tests.stdout + tests.stderr


def test_the_script_of_the_client_alone_says_what_to_install(
    installed: Installed, tmp_path: Path
) -> None:
    done = installed().run("reelbatch", "batches", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "error: The command line is not installed. Run pip install 'reelbatch[cli]'.\n"
    )


def test_the_command_line_alone_talks_to_a_service(
    installed: Installed, home: Path, tmp_path: Path
) -> None:
    template = ROOT / "examples" / "templates" / "counter-badge.json"
    command = ("templates", "push", template, "--home", home)
    pushed = installed("cli").run("reelbatch", *command, folder=tmp_path)
    assert pushed.returncode == 0, pushed.stderr


@pytest.mark.parametrize(
    "command",
    ["up", "demo", "api", "worker", "doctor", "prepare-temporal", "tokens list"],
)
def test_the_command_line_alone_says_how_to_install_the_service(
    command: str, installed: Installed, tmp_path: Path
) -> None:
    done = installed("cli").run("reelbatch", *command.split(), folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "error: This command needs the service itself. Run pip install 'reelbatch[server]'.\n"
    )
    assert not list(tmp_path.iterdir())


def test_the_service_without_temporal_says_how_to_install_it(
    installed: Installed, tmp_path: Path
) -> None:
    # Without the machine's own programs, since Temporal's may be among them.
    done = installed("server").run("reelbatch", "up", folder=tmp_path, PATH="")
    assert done.returncode == 1
    assert "pip install 'reelbatch[embedded]'" in done.stderr


def test_the_demo_runs_in_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    demo = installed("server", "embedded").run("reelbatch", "demo", folder=tmp_path)
    assert demo.returncode == 0, demo.stderr
    assert "21 of 21 jobs done: 21 finished, 0 error, 0 pending" in demo.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["demo-output"]
