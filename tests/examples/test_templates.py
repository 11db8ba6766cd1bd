import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reelbatch.engines.base import RenderLimits, RenderRequest, ResolvedAsset
from reelbatch.engines.faces import find_face
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.wire.assets import Asset, DataAsset, FunctionAsset, TextAsset
from reelbatch.models.wire.fonts import FontFace

Pixels = NDArray[np.int16]
Render = Callable[[Path, str, int, Sequence[Asset]], Pixels]


def _type_of(template: Path) -> str:
    return "zip" if template.suffix == ".zip" else "lottie"


def _run(script: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, str(script), *arguments], check=True, timeout=60)


@pytest.fixture(scope="module")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Renders one frame with the Lottie engine: (height, width, 4) of RGBA."""

    def draw(template: Path, composition: str, frame: int, assets: Sequence[Asset]) -> Pixels:
        folder = tmp_path_factory.mktemp("render")
        request = RenderRequest(
            template=template,
            template_type=_type_of(template),
            composition=composition,
            output=Output(
                output_type="image", codec="image_png", first_frame=frame, end_frame=frame + 1
            ),
            output_path=folder / "frame.png",
            work_dir=folder,
            assets=[ResolvedAsset(asset) for asset in assets],
        )
        LottieEngine.renderer().render(request, lambda _: None)
        with Image.open(request.output_path) as picture:
            return np.asarray(picture.convert("RGBA"), dtype=np.int16)

    return draw


@pytest.fixture
def promo(examples: Path) -> Path:
    return examples / "templates" / "product-promo.zip"


def test_the_generator_reproduces_the_committed_templates_exactly(
    examples: Path, tmp_path: Path
) -> None:
    _run(examples / "make_templates.py", str(tmp_path))
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    committed = {file.name: file.read_bytes() for file in (examples / "templates").iterdir()}
    assert written.keys() == committed.keys()
    assert [name for name in written if written[name] != committed[name]] == []


def test_every_font_of_a_template_comes_with_the_engine(
    template: Path, fonts_of: Callable[[Path], list[FontFace]]
) -> None:
    missing = [font for font in fonts_of(template) if not find_face(font, LottieEngine.fonts)]
    assert missing == []


def test_the_middle_of_a_template_shows_something(template: Path, render: Render) -> None:
    found = LottieEngine.renderer().inspect(template, _type_of(template), RenderLimits())
    main = found.compositions[0]
    pixels = render(template, main.name, main.frames // 2, [])
    assert pixels.shape == (main.height, main.width, 4)
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 50


def test_the_lower_third_leaves_the_film_visible(examples: Path, render: Render) -> None:
    pixels = render(examples / "templates" / "lower-third.json", "main", 60, [])
    assert pixels[100, 640, 3] == 0
    assert pixels[540, 500, 3] == 255


def test_the_lower_third_begins_and_ends_with_nothing(examples: Path, render: Render) -> None:
    template = examples / "templates" / "lower-third.json"
    for frame in (0, 119):
        assert render(template, "main", frame, [])[..., 3].max() == 0


def test_the_colours_of_the_promo_can_be_changed(promo: Path, render: Render) -> None:
    blue, green = [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]
    recolour = [
        FunctionAsset(
            type="function",
            name="nx:solid-color-set",
            params={"layerName": "background", "color": [*blue]},
        ),
        DataAsset(type="data", layer_name="accent", property="Color", value=green),
    ]
    pixels = render(promo, "main", 80, recolour)
    ground, disc = pixels[700, 600], pixels[240, 900]  # the disc within the headband
    assert ground[2] > ground[0] + 60
    assert disc[1] > disc[0] + 60


def test_the_badge_of_the_promo_can_be_hidden(promo: Path, render: Render) -> None:
    hidden = FunctionAsset(
        type="function",
        name="nx:layer-state-set",
        params={"layerName": "badge", "state": "hidden"},
    )
    with_badge, without = render(promo, "main", 80, []), render(promo, "main", 80, [hidden])
    changed = np.abs(with_badge - without).max(axis=2) > 30
    assert changed[90:246, 1030:1190].any()
    assert not changed[:, :1000].any()


@pytest.mark.parametrize("layer", ["headline", "price", "tagline"])
@pytest.mark.parametrize("composition", ["main", "square"])
def test_the_texts_of_the_promo_can_be_replaced(
    layer: str, composition: str, promo: Path, render: Render
) -> None:
    words = TextAsset(type="text", layer_name=layer, value="Other")
    before, after = render(promo, composition, 80, []), render(promo, composition, 80, [words])
    assert (before != after).any()


def test_the_badge_can_be_rendered_alone(promo: Path, render: Render) -> None:
    pixels = render(promo, "badge-anim", 45, [])
    assert pixels.shape == (168, 168, 4)
    assert pixels[0, 0, 3] == 0
    assert pixels[84, 12, 3] == 255


def test_names_are_drawn_in_many_scripts_and_scripts_without_a_font_are_listed(
    examples: Path, tmp_path: Path
) -> None:
    run = subprocess.run(
        [sys.executable, str(examples / "names_in_scripts.py"), str(tmp_path / "names.png")],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stdout.startswith(("All letters are drawn.", "No font here has all letters of "))
    without_font = re.findall(r"\w+", run.stdout.partition(":")[2])
    assert not {"Latin", "Greek", "Cyrillic"} & {*without_font}, "the bundled fonts have these"
    with Image.open(tmp_path / "names.png") as picture:
        assert picture.size == (1120, 652)
        grey = np.asarray(picture.convert("L"))
    places = grey[: 6 * 104].reshape(6, 104, 2, 560)  # of the names, in two columns
    assert (places.min(axis=(1, 3)) < 80).sum() >= 12 - len(without_font)  # labels are lighter
