"""The contract of engines for `nexrender` on Windows, with the real nexrender-cli."""

from pathlib import Path

import pytest

from tests.deployment.programs import find
from tests.reelbatch.engines.contract_run import (
    AFTER_EFFECTS_SAMPLES,
    NEXRENDER,
    run_contract_with,
)
from tests.windows.machine import Windows, on_windows

pytestmark = [pytest.mark.windows, pytest.mark.timeout(600)]


def test_the_engine_keeps_the_contract_on_windows(
    windows: Windows, application: Path, tmp_path: Path
) -> None:
    kept = run_contract_with(
        [find("wine"), windows.python],
        tmp_path,
        [*NEXRENDER, f"--engine-samples={on_windows(AFTER_EFFECTS_SAMPLES)}"],
        windows.environment(application),
    )
    assert kept.failures == {}, kept.output
    assert kept.passed > 24, kept.output
