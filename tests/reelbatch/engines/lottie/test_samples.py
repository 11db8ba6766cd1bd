"""Real templates: draws each file in the folder that REELBATCH_LOTTIE_SAMPLES names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_FOLDER = os.environ.get("REELBATCH_LOTTIE_SAMPLES", "")
_SAMPLES = (
    sorted(path for path in Path(_FOLDER).iterdir() if path.suffix in {".json", ".lottie", ".zip"})
    if _FOLDER
    else []
)
_DRAW_THE_MIDDLE = """
import sys
from pathlib import Path
from reelbatch.engines.base import RenderLimits, RenderRequest
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output

template, output = Path(sys.argv[1]), Path(sys.argv[2])
renderer = LottieEngine.renderer()
main = renderer.inspect(template, "lottie", RenderLimits()).compositions[0]
middle = main.frames // 2
still = Output(output_type="image", codec="image_png", first_frame=middle, end_frame=middle + 1)
request = RenderRequest(template, "lottie", main.name, still, output, output.parent)
renderer.render(request, print)
"""


@pytest.mark.skipif(not _SAMPLES, reason="REELBATCH_LOTTIE_SAMPLES does not name a folder")
@pytest.mark.parametrize("template", _SAMPLES, ids=lambda path: path.name)
def test_a_real_template_is_inspected_and_drawn(template: Path, tmp_path: Path) -> None:
    output = tmp_path / "middle.png"
    subprocess.run(
        [sys.executable, "-c", _DRAW_THE_MIDDLE, template, output],
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[4],
    )
    assert output.stat().st_size > 0
