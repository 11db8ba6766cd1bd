"""Renders the pictures for the README into `pictures/`, with the Lottie engine.

python examples/render_pictures.py
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from reelbatch.engines.base import Renderer, RenderLimits, RenderRequest
from reelbatch.engines.lottie import LottieEngine
from reelbatch.models.orchestration.jobs import Output

HERE = Path(__file__).parent
TEMPLATES, PICTURES = HERE / "templates", HERE / "pictures"
BACKDROP = "#6d8796"  # in place of a film behind a transparent template


@dataclass(frozen=True)
class Shot:
    """A picture to render: a frame of a composition, `width` pixels wide."""

    name: str
    template: str
    composition: str
    frame: int
    width: int


SHOTS = (
    Shot("product-promo", "product-promo.zip", "main", 80, 640),
    Shot("product-promo-square", "product-promo.zip", "square", 80, 360),
    Shot("certificate", "certificate.json", "main", 0, 540),
    Shot("lower-third", "lower-third.json", "main", 70, 640),
    Shot("counter-badge", "counter-badge.json", "main", 28, 320),
)


def draw(template: Path, composition: str, frame: int, renderer: Renderer) -> Image.Image:
    """Render a frame of a template in RGBA."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "frame.png"
        request = RenderRequest(
            template=template,
            template_type="zip" if template.suffix == ".zip" else "lottie",
            composition=composition,
            output=Output(
                output_type="image", codec="image_png", first_frame=frame, end_frame=frame + 1
            ),
            output_path=file,
            work_dir=Path(folder),
            limits=RenderLimits(),
        )
        renderer.render(request, lambda _: None)
        return Image.open(file).convert("RGBA")


def render(shot: Shot, renderer: Renderer) -> Image.Image:
    frame = draw(TEMPLATES / shot.template, shot.composition, shot.frame, renderer)
    picture = Image.new("RGBA", frame.size, BACKDROP)
    picture.alpha_composite(frame)
    height = round(frame.height * shot.width / frame.width)
    return picture.convert("RGB").resize((shot.width, height), Image.Resampling.LANCZOS)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    renderer = LottieEngine.renderer()
    for shot in SHOTS:
        file = PICTURES / f"{shot.name}.png"
        # 256 colours keep a picture below 60 KB, and dithering keeps gradients smooth.
        render(shot, renderer).quantize(256).save(file, optimize=True)
        print(f"{file.name}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
