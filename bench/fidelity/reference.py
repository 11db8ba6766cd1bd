"""Draws the same frames with lottie-web in headless Chromium, with the service's fonts."""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Error

from bench.fidelity.samples import Sample
from bench.peers.installed import LOTTIE_WEB
from reelbatch.engines.base import RenderLimits
from reelbatch.engines.lottie.images import asset_content
from reelbatch.engines.lottie.inspection import own_fonts
from reelbatch.engines.lottie.opening import open_template
from reelbatch.engines.lottie.typesetting.fonts import FontShelf
from reelbatch.engines.lottie.typesetting.own_glyphs import entry_face

_LARGEST = 1280  # pixels per side of the browser's window
_PAGE = '<style>body { margin: 0; background: white }</style><div id="stage"></div>'
_LOAD = """async ([lottieJson, width, height, fonts]) => {
  for (const [family, url] of fonts)
    document.fonts.add(await new FontFace(family, `url(${url})`).load());
  const stage = document.getElementById("stage");
  stage.style.width = `${width}px`;
  stage.style.height = `${height}px`;
  window.film = lottie.loadAnimation({
    container: stage, renderer: "svg", loop: false, autoplay: false,
    animationData: JSON.parse(lottieJson),
  });
  await new Promise((loaded, failed) => {
    film.addEventListener("DOMLoaded", loaded);
    film.addEventListener("data_failed", () => failed(new Error("the file cannot be read")));
    setTimeout(() => failed(new Error("the file is not ready after 20 seconds")), 20_000);
  });
  await Promise.all([...document.querySelectorAll("image")].map((image) => {
    const picture = new Image();
    picture.src = image.href.baseVal;
    return picture.decode().catch(() => {});
  }));
}"""
_SHOW = """async (frame) => {
  film.goToAndStop(frame, true);
  for (let times = 0; times < 2; times++) await new Promise(requestAnimationFrame);
}"""


def pictures(browser: Browser, sample: Sample) -> Iterator[tuple[int, Image.Image]]:
    """Each frame with its number. Raises RuntimeError if lottie-web cannot draw the file."""
    scale = min(1.0, _LARGEST / max(sample.width, sample.height))
    width, height = (max(1, round(side * scale)) for side in (sample.width, sample.height))
    content, fonts = _document(sample)
    failures: list[Error] = []
    try:
        with browser.new_page(viewport={"width": width, "height": height}) as page:
            page.on(
                "pageerror", lambda error: failures.append(error)
            )  # cannot be `failures.append`
            page.set_content(_PAGE)
            page.add_script_tag(path=LOTTIE_WEB)
            page.evaluate(_LOAD, [content, width, height, fonts])
            for frame in sample.frames:
                page.evaluate(_SHOW, frame)
                yield frame, Image.open(io.BytesIO(page.screenshot()))
    except Error as error:
        failures.append(error)
    if failures:
        raise RuntimeError(str(failures[0]))


def _document(sample: Sample) -> tuple[str, list[tuple[str, str]]]:
    """The JSON with embedded pictures, and the fonts as data URLs with unique names."""
    checked, files = open_template(sample.file, RenderLimits())
    root: dict[str, Any] = json.loads(files.animation)
    for asset in root.get("assets", ()):
        if isinstance(asset.get("p"), str) and not asset["p"].startswith("data:"):
            picture = asset_content(asset, files)
            asset |= {"u": "", "e": 1, "p": _data_url("image/png", picture or b"")}
    if root.get("chars"):
        return json.dumps(root), []
    shelf = FontShelf(own_fonts(checked, files), [])
    fonts: list[tuple[str, str]] = []
    for number, entry in enumerate(root.get("fonts", {}).get("list", ())):
        font = shelf.choose(entry_face(entry))
        fonts.append((f"font{number}", _data_url("font/ttf", font.content)))
        for key in ("fPath", "origin", "fOrigin", "fWeight", "fClass"):
            entry.pop(key, None)
        entry |= {"fFamily": f"font{number}", "fStyle": ""}
    return json.dumps(root), fonts


def _data_url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
