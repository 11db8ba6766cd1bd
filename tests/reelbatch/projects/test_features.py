"""Each feature in the table of docs/after-effects.md is drawn as the table says."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reelbatch.engines.base import RenderLimits, RenderRequest
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output
from tests.reelbatch.projects.features import BEGIN, CASES, END, PAGE, Case, table
from tests.reelbatch.projects.made import a_project

COLORS = {
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "black": (0, 0, 0),
}
TOLERANCE = 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.feature)
def test_a_feature_looks_as_in_after_effects_or_gives_a_reason(case: Case, tmp_path: Path) -> None:
    project, template = tmp_path / "project.aep", tmp_path / "converted"
    project.write_bytes(a_project(case.build))
    found = LottieEngine.renderer().convert(project, "aep", template, RenderLimits())
    codes = [one.code for one in found.warnings]
    assert codes[:1] == ([] if case.reason is None else [case.reason])
    for number, (frame, x, y, color) in enumerate(case.seen):
        pixels = drawn_frame(template, frame, tmp_path / str(number))
        assert np.allclose(pixels[y, x], COLORS[color], atol=TOLERANCE), (frame, x, y, color)


def test_the_table_in_the_guide_matches_the_cases() -> None:
    page = PAGE.read_text()
    shown = page.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == table(), "update it: python -m tests.reelbatch.projects.features"


def drawn_frame(
    template: Path, frame: int, folder: Path
) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """Draw a frame on white, as codecs without alpha show it."""
    folder.mkdir()
    output = Output(output_type="image", codec="image_png", first_frame=frame, end_frame=frame + 1)
    request = RenderRequest(
        template=template,
        template_type="aep",
        composition="Main",
        output=output,
        output_path=folder / "output.png",
        work_dir=folder,
    )
    LottieEngine.renderer().render(request, lambda _: None)
    picture = Image.open(request.output_path).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(white, picture).convert("RGB"))
