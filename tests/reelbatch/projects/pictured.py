"""The project in the README's picture, written with the library and drawn by the service's engine.

`python -m tests.reelbatch.projects.pictured` writes the picture.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from py_aep import KeyframeEase, KeyframeInterpolationType, Shape

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie import LottieEngine
from tests.reelbatch.projects.made import Stage, a_project
from tests.reelbatch.projects.test_features import drawn_frame

PICTURE = Path(__file__).parents[3] / "docs" / "pictures" / "after-effects.png"
_SIZE = _WIDTH, _HEIGHT = 480, 270
_GAP = 8  # pixels between the frames
_FRAMES = (4, 6, 19)
_NIGHT, _HILL = [0.07, 0.09, 0.2], [0.16, 0.2, 0.36]
_SUN, _SAND = [1.0, 0.62, 0.2], [0.98, 0.95, 0.9]
_TEXTS = (
    ("YOUR PROJECT", "Anton-Regular", 54.0, 120),
    ("drawn without After Effects", "Inter-Medium", 24.0, 156),
)


def build(stage: Stage) -> None:
    """Two texts in front of a precomposition, where a sun rises behind a hill that is a mask."""
    stage.main.width, stage.main.height = _SIZE
    scene = stage.composition("Scene", *_SIZE)
    scene.add_solid(_NIGHT, "Night", *_SIZE)
    sun = scene.add_shape()
    _disc(sun, 110.0, _SUN)
    _move(sun.transform["ADBE Position"], [0.0, 1.5], [[405, 380, 0], [405, 105, 0]])
    hill = scene.add_solid(_HILL, "Hill", *_SIZE)
    mask = hill["ADBE Mask Parade"].add_property("ADBE Mask Atom")
    points = [[0.0, 200.0], [160.0, 150.0], [300.0, 215.0], [480.0, 170.0], [480.0, 270.0]]
    mask["ADBE Mask Shape"].value = Shape([*points, [0.0, 270.0]])
    stage.main.add(scene)
    for words, font, size, place in _TEXTS:
        layer = stage.main.add_text(words)
        document = layer.text["ADBE Text Document"].value
        document.font, document.font_size, document.fill_color = font, size, _SAND
        _move(layer.transform["ADBE Position"], [0.2, 0.9], [[-330, place, 0], [28, place, 0]])


def _disc(layer: Any, size: float, color: list[float]) -> None:
    group = layer["ADBE Root Vectors Group"].add_property("ADBE Vector Group")["ADBE Vectors Group"]
    group.add_property("ADBE Vector Shape - Ellipse")["ADBE Vector Ellipse Size"].value = [size] * 2
    fill = group.add_property("ADBE Vector Graphic - Fill")
    fill["ADBE Vector Fill Color"].value = [*color, 1.0]


def _move(position: Any, times: list[float], places: list[list[float]]) -> None:
    position.set_values_at_times(times, places)
    first, last = position.keyframes
    first.out_interpolation_type = last.in_interpolation_type = KeyframeInterpolationType.BEZIER
    first.out_temporal_ease = [KeyframeEase(0.0, 20.0)]
    last.in_temporal_ease = [KeyframeEase(0.0, 80.0)]


def convert(folder: Path) -> Any:
    """Convert the project to `converted`, and return its inspection."""
    project = folder / "project.aep"
    project.write_bytes(a_project(build))
    return LottieEngine.renderer().convert(project, "aep", folder / "converted", RenderLimits())


def draw(folder: Path) -> Image.Image:
    """Draw frames of the project side by side."""
    convert(folder)
    whole = Image.new("RGB", ((_WIDTH + _GAP) * len(_FRAMES) - _GAP, _HEIGHT), "white")
    for place, frame in enumerate(_FRAMES):
        pixels = drawn_frame(folder / "converted", frame, folder / str(frame))
        whole.paste(Image.fromarray(pixels), (place * (_WIDTH + _GAP), 0))
    return whole


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        draw(Path(made)).quantize(128).save(PICTURE, optimize=True)
