"""`reelbatch demo` does what the README promises."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from PIL import Image

RunReelbatch = Callable[..., subprocess.CompletedProcess[str]]


def test_the_demo_renders_every_valid_job_and_reports_the_others(
    reelbatch: RunReelbatch, tmp_path: Path
) -> None:
    output = tmp_path / "demo-output"

    demo = reelbatch("demo", "--output", output)

    assert demo.returncode == 0, demo.stderr
    assert "21 of 24 jobs accepted, 3 rejected" in demo.stderr
    assert "21 of 21 jobs done: 21 finished, 0 error, 0 pending" in demo.stderr
    assert all(code in demo.stdout for code in ("LAYER_NOT_FOUND", "CODEC_INVALID"))
    assert len(list(output.glob("0*.*"))) == 21
    with Image.open(output / "contact-sheet.png") as sheet:
        assert sheet.width > sheet.height > 1000
    assert f"reelbatch up --home {output}/.home" in demo.stdout


def test_the_demo_names_a_missing_example(reelbatch: RunReelbatch, tmp_path: Path) -> None:
    demo = reelbatch("demo", "--output", tmp_path / "out", "--examples", tmp_path)

    assert demo.returncode == 1
    assert "batch-mixed.json is missing" in demo.stderr
    assert "--examples" in demo.stderr
