"""One page of a template in the browser: what it may load, its time and its pictures."""

import base64
import io
import json
import mimetypes
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from PIL import Image

from reelbatch.engines.encoding.pixels import Frame
from reelbatch.engines.html.browser import Browser, BrowserEnded
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.stored.templates import Composition

ORIGIN = "https://template.invalid"  # a name that never exists (RFC 6761)
_START = 30.0  # seconds until a browser is there
_LOAD = 60.0  # seconds until a page is loaded
_FRAME = 30.0  # seconds until a frame is drawn
_LONGEST_MESSAGE = 300  # characters

# Workers have clocks of their own, frames in frames are not stepped, and nothing is outside.
_POLICY = (
    f"default-src {ORIGIN} data: blob: 'unsafe-inline' 'unsafe-eval'; "
    "worker-src 'none'; frame-src 'none'; object-src 'none'; form-action 'none'"
)

Content = Callable[[PurePosixPath], bytes | None]
"""The file at a path of the template, or None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Filling:
    """What a job puts into the page, by layer."""

    data: Mapping[str, Any]  # all of it, as scripts see it
    texts: Mapping[str, str]
    pictures: Mapping[str, str]  # URLs
    properties: Mapping[str, Mapping[str, Any]]  # of CSS


class PageView:
    """A page that is loaded, and stands before its first frame."""

    def __init__(
        self,
        *,
        browser: Browser,
        path: PurePosixPath,
        composition: Composition,
        content: Content,
        filling: Filling,
        opaque: bool,
        draft: bool,
    ) -> None:
        self._browser = browser
        self._content = content
        self._composition = composition
        self._failure: str | None = None
        self._loaded = False
        browser.open_tab(_START)
        browser.listen("Fetch.requestPaused", self._answer)
        browser.listen("Runtime.exceptionThrown", self._note_exception)
        browser.listen("Inspector.targetCrashed", self._note_crash)
        browser.listen("Page.javascriptDialogOpening", self._close_dialog)
        browser.listen("Page.loadEventFired", self._note_load)
        for method, parameters in self._preparations(filling, opaque=opaque, draft=draft):
            browser.call(method, parameters)
        answer = browser.call("Page.navigate", {"url": f"{ORIGIN}/{path}"}, _LOAD)
        if "errorText" in answer:
            raise TemplateInvalid(f"The page {path} cannot be loaded: {answer['errorText']}.")
        deadline = time.monotonic() + _LOAD
        while not self._loaded:
            self._evaluate("document.readyState", _LOAD)
            self._check()
            if time.monotonic() > deadline:
                raise TemplateInvalid(f"The page {path} was not loaded within {_LOAD:.0f} seconds.")

    def show(self, number: int) -> None:
        """Let time pass until the frame `number`. Frames come in order, and none is left out."""
        milliseconds = 1000 * number / self._composition.frame_rate
        self._evaluate(f"__reelbatchStep({milliseconds!r})", _FRAME)
        self._check()

    def picture(self, width: int, height: int) -> Frame:
        """What the page shows now, as frames of an output have it."""
        shot = self._browser.call(
            "Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True}, _FRAME
        )
        self._check()
        with Image.open(io.BytesIO(base64.b64decode(shot["data"]))) as image:
            pixels = np.asarray(image.convert("RGBA").convert("RGBa"), np.uint8)  # premultiplied
        return _fitted(pixels[..., (2, 1, 0, 3)], width, height)

    def close(self) -> None:
        self._browser.close()

    def _preparations(
        self, filling: Filling, *, opaque: bool, draft: bool
    ) -> list[tuple[str, dict[str, Any]]]:
        size = self._composition
        clock = package_files("reelbatch.engines.html").joinpath("clock.js").read_text("utf-8")
        settings = {
            "width": size.width,
            "height": size.height,
            "frameRate": size.frame_rate,
            "frames": size.frames,
            "data": filling.data,
            "texts": filling.texts,
            "pictures": filling.pictures,
            "properties": filling.properties,
        }
        metrics = {
            "width": size.width,
            "height": size.height,
            "deviceScaleFactor": 0.5 if draft else 1,
            "mobile": False,
        }
        clear = {"color": {"r": 0, "g": 0, "b": 0, "a": 0}}
        return [
            ("Page.enable", {}),
            ("Runtime.enable", {}),
            ("Inspector.enable", {}),
            ("Fetch.enable", {}),
            ("Animation.enable", {}),
            ("Animation.setPlaybackRate", {"playbackRate": 0}),
            ("Emulation.setDeviceMetricsOverride", metrics),
            ("Emulation.setTimezoneOverride", {"timezoneId": "UTC"}),
            *([] if opaque else [("Emulation.setDefaultBackgroundColorOverride", clear)]),
            (
                "Page.addScriptToEvaluateOnNewDocument",
                {"source": f"{clock.rstrip()}({json.dumps(settings)})"},
            ),
        ]

    def _evaluate(self, expression: str, seconds: float) -> None:
        answer = self._browser.call(
            "Runtime.evaluate", {"expression": expression, "awaitPromise": True}, seconds
        )
        if "exceptionDetails" in answer:
            self._note_exception(answer)

    def _answer(self, request: dict[str, Any]) -> None:
        """Serve the template's own files, and nothing else."""
        url = urlsplit(str(request["request"]["url"]))
        path = PurePosixPath(unquote(url.path).lstrip("/"))
        if f"{url.scheme}://{url.netloc}" != ORIGIN:
            failure = {"requestId": request["requestId"], "errorReason": "BlockedByClient"}
            self._browser.send("Fetch.failRequest", failure)
            return
        content = self._content(path)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {"Content-Type": kind, "Content-Security-Policy": _POLICY}
        self._browser.send(
            "Fetch.fulfillRequest",
            {
                "requestId": request["requestId"],
                "responseCode": 404 if content is None else 200,
                "responseHeaders": [{"name": n, "value": v} for n, v in headers.items()],
                "body": base64.b64encode(content or b"").decode(),
            },
        )

    def _note_exception(self, event: dict[str, Any]) -> None:
        details = event["exceptionDetails"]
        words = details.get("exception", {}).get("description") or details.get("text", "")
        self._failure = self._failure or words.split("\n    at ")[0]

    def _note_crash(self, event: dict[str, Any]) -> None:
        del event
        raise BrowserEnded("The page crashed the browser, or needs more memory than it may have.")

    def _note_load(self, event: dict[str, Any]) -> None:
        del event
        self._loaded = True

    def _close_dialog(self, event: dict[str, Any]) -> None:
        del event
        self._browser.send("Page.handleJavaScriptDialog", {"accept": False})

    def _check(self) -> None:
        if self._failure is not None:
            raise TemplateInvalid(
                f"A script of the page failed: {self._failure[:_LONGEST_MESSAGE]}"
            )


def _fitted(pixels: Frame, width: int, height: int) -> Frame:
    """With a pixel more or less at the right and below, as a codec's sizes need it."""
    rows, columns = pixels.shape[:2]
    more = ((0, max(0, height - rows)), (0, max(0, width - columns)), (0, 0))
    return np.ascontiguousarray(np.pad(pixels, more, mode="edge")[:height, :width])
