"""Runs the contract like the author of an engine, in a separate pytest."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
SLIDES = ROOT / "examples" / "engine-slides"
SAMPLES = Path(__file__).parent / "samples"
AFTER_EFFECTS_SAMPLES = Path(__file__).parent / "after_effects_samples"
NEXRENDER = (
    "--engine=nexrender",
    # Each render starts four programs, so only the checks that depend on them are run.
    "-k=image_png or describes or finds or hostile or cancelled or equal or progress or range",
)

_UNUSED_PLUGINS = ("asyncio", "schemathesis", "anyio", "playwright", "hypothesispytest")


@dataclass(frozen=True)
class ContractRun:
    passed: int
    skipped: int
    failures: dict[str, str]  # messages by the names of failed tests
    output: str


def run_contract(
    folder: Path, *arguments: str, python_path: tuple[Path, ...] = (ROOT,)
) -> ContractRun:
    """Run `pytest ARGUMENTS` in `folder`, which must be empty."""
    paths = {"PYTHONPATH": os.pathsep.join(map(str, python_path))}
    return run_contract_with([sys.executable], folder, arguments, {**os.environ, **paths})


def run_contract_with(
    python: Sequence[str | Path],
    folder: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
) -> ContractRun:
    """Do the same as `run_contract`, with the command that starts Python, on any system."""
    report = folder / "report.xml"
    (folder / "pytest.ini").touch()  # otherwise pytest would use this project's settings
    plugins = [f"-pno:{name}" for name in _UNUSED_PLUGINS]
    ended = subprocess.run(
        [*python, "-m", "pytest", "-q", f"--junitxml={report.name}", *plugins, *arguments],
        cwd=folder,
        env=environment,
        input="",  # a pipe, without which Python for Windows does not start in wine
        capture_output=True,
        text=True,
        check=False,
    )
    output = ended.stdout + ended.stderr
    if not report.exists():
        return ContractRun(0, 0, {}, output)
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314  pytest wrote it
    failures = {
        case.get("name", ""): found.get("message", "")
        for case in cases
        for found in [*case.iter("failure"), *case.iter("error")]
    }
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    return ContractRun(len(cases) - len(failures) - skipped, skipped, failures, output)
