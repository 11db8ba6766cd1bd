"""Headless Chromium: lottie-web draws, and a screenshot of each frame goes to ffmpeg.

The browser is started once, and each film gets a new page. Screenshots are JPEG, which is a third
faster than PNG.
"""

import base64
import json
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.peers.film import ENCODING
from bench.peers.installed import LOTTIE_WEB
from bench.promo import FRAMES, HEIGHT, WIDTH

_ARGUMENTS = [
    "--no-sandbox",  # the sandbox does not work as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
_PAGE = f"""
<style>body {{ margin: 0 }} #stage {{ width: {WIDTH}px; height: {HEIGHT}px }}</style>
<div id="stage"></div>
"""
_LOAD = """(lottieJson) => new Promise((loaded, failed) => {
  window.film = lottie.loadAnimation({
    container: document.getElementById("stage"),
    renderer: "svg",
    loop: false,
    autoplay: false,
    animationData: JSON.parse(lottieJson),
  });
  film.addEventListener("DOMLoaded", loaded);
  setTimeout(() => failed(new Error("lottie-web did not load the film.")), 60000);
})"""
_SCREENSHOT = {"format": "jpeg", "quality": 95, "optimizeForSpeed": True}


@contextmanager
def browser(program: str) -> Generator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield running
        running.close()


def film_by_browser(running: Browser, ffmpeg: str, lottie: Path, film: Path) -> float:
    """Make the film and return the seconds that it took."""
    content = lottie.read_text()
    started = perf_counter()
    with running.new_page(viewport={"width": WIDTH, "height": HEIGHT}) as page:
        page.set_content(_PAGE)
        page.add_script_tag(path=LOTTIE_WEB)
        page.evaluate(_LOAD, content)
        _film_page(page, ffmpeg, film)
    return perf_counter() - started


def _film_page(page: Page, ffmpeg: str, film: Path) -> None:
    tools: Any = page.context.new_cdp_session(page)  # Playwright does not type it
    pictures = ("-f", "image2pipe", "-framerate", "30", "-c:v", "mjpeg", "-i", "-")
    command = (ffmpeg, "-loglevel", "error", "-y", *pictures, *ENCODING, str(film))
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for number in range(FRAMES):
            page.evaluate(f"film.goToAndStop({json.dumps(number)}, true)")
            taken = tools.send("Page.captureScreenshot", _SCREENSHOT)
            encoder.stdin.write(base64.b64decode(taken["data"]))
    if encoder.returncode:
        raise RuntimeError("ffmpeg did not accept the screenshots.")
