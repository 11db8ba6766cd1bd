"""The documentation as a site: every page is in it, and every link leads somewhere."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_site_is_built_without_a_broken_link(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    built = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert "/api/v2/batches/{batch_id}" in (tmp_path / "openapi.json").read_text()
    assert "reelbatch.engines.base.RenderEngine" in (tmp_path / "python.html").read_text()
    assert "0006-confinement.html" in (tmp_path / "decisions" / "index.html").read_text()
