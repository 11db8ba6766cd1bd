"""The film that every renderer makes: two seconds of one Lottie, at 1280 x 720, as H.264."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench.promo import FRAMES, HEIGHT, TEMPLATE, WIDTH
from reelbatch.engines.base import RenderLimits, RenderRequest
from reelbatch.engines.lottie.document import Json
from reelbatch.engines.lottie.inspection import own_fonts
from reelbatch.engines.lottie.opening import open_template
from reelbatch.engines.lottie.properties import no_transform
from reelbatch.engines.lottie.scene import compose
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.models.orchestration.jobs import Output

_COMPARED = range(0, FRAMES, 7)  # frames
_RANGE = 235 - 16  # of brightness, from black to white

# The preset of video_h264_vbr_5mbps in `reelbatch.engines.encoding.presets`, but with all threads.
ENCODING = (
    *("-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p"),
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20"),
    *("-maxrate", "5M", "-bufsize", "10M", "-g", "60", "-movflags", "+faststart"),
)


def write_lottie(path: Path) -> Path:
    """Write the promo as a self-contained Lottie: its picture is embedded, its letters are shapes,
    and its loops are keyframes."""
    limits = RenderLimits()
    document, files = open_template(TEMPLATE, limits)
    shelf = FontShelf(own_fonts(document, files), [])
    lottie = compose(document, document.main, {}, files, shelf, limits, [])
    for composition in (lottie, *lottie["assets"]):
        for layer in composition.get("layers", []):
            _complete_groups(layer.get("shapes", []))
        for sized in (composition, *composition.get("layers", [])):  # rlottie accepts no 600.0
            sized.update({side: round(sized[side]) for side in ("w", "h") if side in sized})
    path.write_text(json.dumps(lottie))
    return path


def _complete_groups(shapes: list[Json]) -> None:
    """End every group with a transform. The engine's letters have none, because ThorVG needs none.
    Without them, lottie-web stops and rlottie leaves the letters out."""
    for shape in shapes:
        if shape["ty"] == "gr":
            _complete_groups(shape["it"])
            if shape["it"][-1]["ty"] != "tr":
                shape["it"].append(no_transform())


def our_request(lottie: Path, film: Path) -> RenderRequest:
    return RenderRequest(
        template=lottie,
        template_type="lottie",
        composition="main",
        output=Output(output_type="video", codec="video_h264_vbr_5mbps", end_frame=FRAMES),
        output_path=film,
        work_dir=film.parent,
    )


def mean_difference(one: Path, other: Path) -> float:
    """The mean difference of two films in brightness and colours (BT.709), from 0 to 1."""
    pairs = zip(_frames(one), _frames(other), strict=True)
    return float(np.mean([np.abs(a.astype(float) - b).mean() / _RANGE for a, b in pairs]))


def _frames(film: Path) -> list["np.ndarray[Any, Any]"]:
    with av.open(str(film)) as container:
        frames = list(container.decode(video=0))
    if len(frames) != FRAMES or (frames[0].width, frames[0].height) != (WIDTH, HEIGHT):
        raise RuntimeError(f"{film.name} does not have the requested size and number of frames.")
    return [frames[number].to_ndarray(format="yuv420p") for number in _COMPARED]
