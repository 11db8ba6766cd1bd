"""The project in the README's picture is drawn as designed."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.reelbatch.projects.pictured import PICTURE, convert, draw


def test_the_project_in_the_readme_has_no_reasons(tmp_path: Path) -> None:
    found = convert(tmp_path)
    assert found.warnings == []
    assert {face.postscript_name for face in found.fonts} == {"Anton-Regular", "Inter-Medium"}


def test_the_picture_in_the_readme_is_up_to_date(tmp_path: Path) -> None:
    shown = Image.open(PICTURE).convert("RGB")
    drawn = draw(tmp_path)
    assert shown.size == drawn.size
    difference = np.abs(np.asarray(shown, float) - np.asarray(drawn, float)).mean()
    assert difference < 3, "update it: python -m tests.reelbatch.projects.pictured"
