"""A test that waits forever fails, and its tasks are cancelled."""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_WAITING = """
import asyncio


def test_with_its_own_loop():
    asyncio.run(asyncio.sleep(0))


async def test_that_never_ends():
    try:
        await asyncio.Event().wait()
    finally:
        print("tidied up")


async def test_after_it():
    assert len(asyncio.all_tasks()) == 1
"""


def test_a_test_that_waits_forever_fails_and_tidies_up(tmp_path: Path) -> None:
    module = tmp_path / "test_waiting.py"
    module.write_text(_WAITING)
    config = ["-c", str(_ROOT / "pyproject.toml"), "--rootdir", str(_ROOT), "-p", "tests.conftest"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--timeout=0.2", *config, str(module)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
    )
    assert "1 failed, 2 passed" in run.stdout
    assert "Timeout" in run.stdout
    assert "tidied up" in run.stdout
    assert "await asyncio.Event().wait()" in run.stdout, "it shows where the test waited"
