"""`reelbatch` as a process of its own, as people run it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def clean_environment() -> dict[str, str]:
    """An environment in which `python -m cli` works anywhere and no setting is made."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REELBATCH_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="session")
def reelbatch(
    clean_environment: dict[str, str],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command to its end: `reelbatch("doctor", "--home", home, REELBATCH_URL="…")`."""

    def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli", *map(str, arguments)],
            env=clean_environment | variables,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
