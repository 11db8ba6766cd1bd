"""The film of the benchmarks: the product promo from examples/, as 1280 x 720 H.264."""

import shutil
from pathlib import Path

from reelbatch.engines.base import RenderRequest
from reelbatch.models.orchestration.jobs import Output

TEMPLATE = Path(__file__).parents[1] / "examples" / "templates" / "product-promo.zip"
WIDTH, HEIGHT = 1280, 720  # pixels
FRAMES = 60  # two seconds
CODEC = "video_h264_vbr_5mbps"


def promo_request(folder: Path, frames: int, name: str = "output") -> RenderRequest:
    """A request for the first `frames` frames, written to `folder`/`name`.mp4."""
    template = folder / TEMPLATE.name
    if not template.exists():
        shutil.copyfile(TEMPLATE, template)
    return RenderRequest(
        template=template,
        template_type="zip",
        composition="main",
        output=Output(output_type="video", codec=CODEC, end_frame=frames),
        output_path=folder / f"{name}.mp4",
        work_dir=folder,
    )
