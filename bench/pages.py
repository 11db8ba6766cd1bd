"""HTML pages: the engine, compared with a loop of Playwright's screenshots, both with encoding."""

import io
import json
from fractions import Fraction
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from bench.figures import Figure, seconds_of
from bench.processor import measure_both
from bench.run import Run
from reelbatch.engines.base import RenderRequest
from reelbatch.engines.encoding import open_writer
from reelbatch.engines.html import HtmlEngine
from reelbatch.engines.html.browser import find_browser
from reelbatch.models.orchestration.jobs import Output

_SIZES = ((640, 360), (1280, 720), (1920, 1080))
_RATE, _FRAMES = 30, 45
_CODEC = "video_h264_vbr_5mbps"
_BODY = """<style>
  body { margin: 0; background: linear-gradient(135deg, #204060, #a04020); color: white;
    font: 6vw sans-serif }
  h1 { animation: slide 2s linear infinite alternate }
  i { position: absolute; left: 40%; top: 40%; width: 20%; height: 20%; border-radius: 50%;
    background: #fff8; animation: turn 3s linear infinite }
  @keyframes slide { from { transform: translateX(-20%) } to { transform: translateX(40%) } }
  @keyframes turn { to { transform: rotate(1turn) translateX(10vw) } }
</style><h1>Hello, world of films</h1><i></i>"""
_SEEK = """(time) => document.getAnimations().forEach((each) => {
  each.pause(); each.currentTime = time })"""


def pages(run: Run) -> list[Figure]:
    """A second and a half of a page with two CSS animations, at three sizes."""
    return [
        figure
        for size in _SIZES
        for figure in _at_size(run.folder(f"pages-{size[1]}"), size, run.sizes.rounds)
    ]


def _at_size(folder: Path, size: tuple[int, int], rounds: int) -> list[Figure]:
    numbers = count()
    return measure_both(
        Figure(
            name=f"pages, {size[1]}p",
            ours="the engine, from the page's file to the MP4",
            other="a loop of Playwright's screenshots of the same browser, and the same encoder",
            goal=1.0,
        ),
        lambda: seconds_of(lambda: _engine(folder / f"{next(numbers)}", size)),
        lambda: seconds_of(lambda: _loop(folder / f"{next(numbers)}.mp4", size)),
        rounds,
    )


def _engine(folder: Path, size: tuple[int, int]) -> None:
    folder.mkdir()
    template, work_dir = folder / "page.html", folder / "work"
    work_dir.mkdir()
    manifest = {"width": size[0], "height": size[1], "frameRate": _RATE, "seconds": _FRAMES / _RATE}
    described = f'<script type="application/json" id="reelbatch">{json.dumps(manifest)}</script>'
    template.write_text(f"<!doctype html>{described}{_BODY}")
    request = RenderRequest(
        template=template,
        template_type="html",
        composition="index",
        output=Output(output_type="video", codec=_CODEC),
        output_path=work_dir / "film.mp4",
        work_dir=work_dir,
    )
    HtmlEngine.renderer().render(request, lambda _: None)


def _loop(file: Path, size: tuple[int, int]) -> None:
    width, height = size
    with (
        sync_playwright() as playwright,
        open_writer(
            file, _CODEC, width=width, height=height, frame_rate=Fraction(_RATE), draft=False
        ) as writer,
    ):
        browser = playwright.chromium.launch(executable_path=str(find_browser()))
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_content(f"<!doctype html>{_BODY}")
        for number in range(_FRAMES):
            page.evaluate(_SEEK, 1000 * number / _RATE)
            shot = Image.open(io.BytesIO(page.screenshot(type="png"))).convert("RGBA")
            packed = np.frombuffer(shot.tobytes("raw", "BGRA"), np.uint8)
            writer.write(packed.reshape(height, width, 4))
        browser.close()
