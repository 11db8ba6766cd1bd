"""`reelbatch convert` as a separate process, without a service."""

import base64
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from psd_tools import PSDImage

from tests.reelbatch.projects.made import RED, Stage, a_project, a_zip

Command = Callable[..., subprocess.CompletedProcess[str]]
PHOTOSHOP: Any = PSDImage  # its types are incomplete


def test_a_composition_is_written_as_a_lottie_document(reelbatch: Command, tmp_path: Path) -> None:
    project, output = tmp_path / "promo.aep", tmp_path / "main.json"
    project.write_bytes(a_project(lambda stage: stage.solid(RED)))
    done = reelbatch("convert", project, "--composition", "Main", "--output", output)
    assert done.returncode == 0, done.stderr
    document = json.loads(output.read_text())
    assert [layer["nm"] for layer in document["layers"]] == ["Solid"]
    assert (document["w"], document["h"], document["op"]) == (80, 60, 20)


def test_anything_that_lottie_cannot_express_is_a_warning(
    reelbatch: Command, tmp_path: Path
) -> None:
    def blurred(stage: Stage) -> None:
        position = stage.solid(RED).transform["ADBE Position"]
        position.set_values_at_times([0, 1], [[0, 0, 0], [80, 60, 0]])
        stage.main.motion_blur = stage.main.layers[0].motion_blur = True

    project = tmp_path / "promo.zip"
    project.write_bytes(a_zip({"promo/promo.aep": a_project(blurred)}))
    done = reelbatch("convert", project, "--output", tmp_path / "main.json")
    assert done.returncode == 0, done.stderr
    assert "Motion blur is not drawn. (Solid of Main)" in done.stderr
    shown = reelbatch("convert", project, "--output", tmp_path / "main.json", "--json")
    assert [one["code"] for one in json.loads(shown.stdout)["warnings"]] == [
        "MOTION_BLUR_NOT_DRAWN"
    ]


def test_pictures_are_embedded_in_the_document(reelbatch: Command, tmp_path: Path) -> None:
    """The confined process also draws files of Photoshop and Illustrator."""
    files = [tmp_path / "elsewhere" / name for name in ("logo.png", "logo.psd", "logo.pdf")]
    files[0].parent.mkdir()
    picture = Image.new("RGB", (8, 8), "red")
    for file in (files[0], files[2]):
        picture.save(file)
    PHOTOSHOP.frompil(picture).save(files[1])
    project, output = tmp_path / "promo.zip", tmp_path / "main.json"
    made = a_project(lambda stage: [stage.footage(file) for file in files])
    footage = {f"(Footage)/{file.name}": file.read_bytes() for file in files}
    project.write_bytes(a_zip({"promo.aep": made, **footage}))
    done = reelbatch("convert", project, "--output", output)
    assert (done.returncode, done.stderr) == (0, "")
    for asset in json.loads(output.read_text())["assets"]:
        kind, _, content = asset["p"].partition(",")
        drawn = Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")
        assert kind == "data:image/png;base64"
        assert np.allclose(np.asarray(drawn)[4, 4], (255, 0, 0), atol=2)


def test_other_files_and_unknown_compositions_are_refused(
    reelbatch: Command, tmp_path: Path
) -> None:
    other, project = tmp_path / "main.aep", tmp_path / "promo.aep"
    other.write_bytes(b"RIFX\0\0\0\0")
    project.write_bytes(a_project(lambda stage: stage.solid(RED)))
    broken = reelbatch("convert", other)
    assert broken.returncode == 1
    assert "project" in broken.stderr
    unknown = reelbatch("convert", project, "--composition", "Mian", "--output", tmp_path / "x")
    assert unknown.returncode == 1
    assert "no composition Mian; it has Main" in unknown.stderr
