"""A page of a template in the browser: loading it, stepping its frames, taking their pictures."""

import base64
import io
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image

from reelbatch.engines.described import rate_of
from reelbatch.engines.encoding import AudioClip
from reelbatch.engines.encoding.pixels import Frame
from reelbatch.engines.html.browser import Browser, BrowserEnded
from reelbatch.engines.html.clock import VirtualTime, clock_time, frame_ticks
from reelbatch.engines.html.media import Content, PageMedia, write_tones
from reelbatch.engines.html.notes import LONGEST_MESSAGE, ORIGIN, Notes, line_of
from reelbatch.engines.html.requests import ANTEROOM, PageRequests
from reelbatch.models.errors import RenderError, TemplateInvalid
from reelbatch.models.stored.templates import Composition
from reelbatch.models.wire.warnings import WarningCode

_START = 30.0  # seconds for the browser to start
_LOAD = 60.0  # seconds for the page to load
_FRAME = 30.0  # seconds for drawing a frame
_MEDIA = 60.0  # seconds for decoding pictures of videos and for rendering sound that scripts make
_PATIENCE = 5.0  # seconds without a request; anything still missing needs the page's time to pass
_HAS_MEDIA = "__reelbatchMedia.isSettled()"
_IS_SETTLED = f"__reelbatch.isSettled() && {_HAS_MEDIA}"
_LONGEST_PAUSE = 0.01  # seconds between two checks
_PRELUDE_STEP = 10_000  # microseconds of the page's time
_LONGEST_PRELUDE = 10_000_000  # microseconds that may pass before the first frame if a page waits
_MAX_REDRAWS = 3  # each slightly later: the browser draws nothing twice at the same time


@dataclass(frozen=True, kw_only=True)
class Filling:
    """The content that a job puts into the page, by layer."""

    data: Mapping[str, Any]  # everything, as scripts see it
    texts: Mapping[str, str]
    files: Mapping[str, str]  # URLs of pictures, videos and sounds
    properties: Mapping[str, Mapping[str, Any]]  # CSS properties
    fonts: Sequence[Mapping[str, Any]] = ()  # the team's: family, url, weight and style


class PageView:
    """A loaded page, just before its first frame."""

    def __init__(
        self,
        *,
        browser: Browser,
        path: PurePosixPath,
        composition: Composition,
        content: Content,
        media: PageMedia,
        filling: Filling,
        notes: Notes,
        opaque: bool,
        draft: bool,
    ) -> None:
        self._browser = browser
        self._notes = notes
        self._media = media
        self._requests = PageRequests(browser=browser, content=content, media=media, notes=notes)
        self._rate = rate_of(composition)
        self._is_draft = draft
        self._failure: str | None = None
        self._is_loaded = False
        self._frame = ""  # the browser's id of the page itself, not of frames in it
        self._stopped = math.inf  # time.monotonic() when it stopped loading
        self._shot = ""
        browser.open_tab(composition.width, composition.height, _START)
        browser.listen("Runtime.exceptionThrown", self._note_exception)
        browser.listen("Inspector.targetCrashed", self._note_crash)
        browser.listen("Page.javascriptDialogOpening", self._close_dialog)
        browser.listen("Page.loadEventFired", self._note_load)
        browser.listen("Page.frameNavigated", self._note_navigation)
        browser.listen("Page.frameStartedLoading", self._note_start)
        browser.listen("Page.frameStoppedLoading", self._note_stop)
        browser.listen("Page.windowOpen", self._note_window)
        notes.listen(browser)
        for method, parameters in _preparations(composition, filling, opaque=opaque):
            browser.call(method, parameters)
        self._load(ANTEROOM)
        self._time = VirtualTime(browser)
        self._load(path)
        self._begin()
        self._zero = self._time.now

    def step(self, number: int) -> None:
        """Draw the frame `number` without taking its picture.

        Frames must be drawn in order without gaps. So the page's history is the same whichever
        frames are in the output.
        """
        self._draw(number, {})

    def picture(self, number: int, width: int, height: int) -> Frame | None:
        """Draw the frame `number` and return its picture with the pixels of an output's frame.

        None if it is the same as the previous picture. Raises RenderError.
        """
        shot = self._draw(number, {"screenshot": {"format": "png", "optimizeForSpeed": True}})
        if not shot:
            raise BrowserEnded("The browser returned no picture of a frame.")
        # Don't wait for the result: the page reads its texts while its picture is decoded here.
        self._browser.send("Runtime.evaluate", {"expression": "__reelbatch.readTexts()"})
        if shot == self._shot:
            return None
        self._shot = shot
        with Image.open(io.BytesIO(base64.b64decode(shot))) as image:
            pixels = _pixels(image)
        return _fitted(_halved(pixels) if self._is_draft else pixels, width, height)

    def sounds(self, frames: range, folder: Path) -> list[AudioClip]:
        """Return everything that the page has played so far, on the time line of `frames`.

        Sound that the page's scripts have made is written to files in `folder`. Raises
        RenderError.
        """
        self._evaluate(f"__reelbatchMedia.finish({float(frames.stop / self._rate)!r})")
        self._await_media()
        found = self._evaluate("__reelbatchMedia.sounds()")
        first = float(frames.start / self._rate)
        clips = self._media.clips(found, first)
        for number, tone in enumerate(found["tones"]):
            file = folder / f"tones-{number}.wav"
            write_tones(self._evaluate, number, tone["size"], file)
            clips.append(AudioClip(file, start=tone["start"] - first, end=None))
        return clips

    def rare_characters(self) -> str | None:
        """Return the characters beyond Latin in the pictures' texts.

        None if the page has fonts of its own, which may contain them. Raises RenderError.
        """
        return self._evaluate("__reelbatch.rareCharacters()")

    def close(self) -> None:
        self._media.close()
        self._browser.close()

    def _load(self, path: PurePosixPath) -> None:
        self._is_loaded, self._requests.page = False, path
        self._browser.call("Page.navigate", {"url": f"{ORIGIN}/{quote(str(path))}"}, _LOAD)
        deadline = time.monotonic() + _LOAD
        while not self._is_loaded:
            if path == ANTEROOM:
                self._evaluate("document.readyState")
            else:
                self._time.stand_still()
            self._check()
            if time.monotonic() > self._stopped + _PATIENCE:
                raise TemplateInvalid(
                    f"The page {path} interrupted its own loading: look for scripts that reload "
                    "it, leave it or call window.stop()."
                )
            if time.monotonic() > deadline:
                raise TemplateInvalid(f"The page {path} did not load within {_LOAD:.0f} seconds.")

    def _begin(self) -> None:
        """Go to the first frame. Time passes before it only if the page waits for something."""
        for problem in self._evaluate("__reelbatch.problems") or ():
            self._notes.add(problem["code"], problem["message"], layer=problem["layer"])
        self._evaluate("__reelbatchMedia.update()")
        self._settle()
        end = self._time.now + _LONGEST_PRELUDE
        while not self._is_settled() and self._time.now < end:
            self._time.go_to(self._time.now + _PRELUDE_STEP)
        self._wait_no_more()
        self._evaluate("__reelbatch.begin()")

    def _draw(self, number: int, shown: Mapping[str, Any]) -> str:
        """Draw a frame. Returns a PNG in base64 if `shown` requests one, otherwise nothing."""
        self._notes.frame = number
        due = self._zero + clock_time(number, self._rate)
        self._time.go_to(due)
        self._evaluate("__reelbatchMedia.update()")
        self._settle()
        shot = self._begin_frame(frame_ticks(due, 0), shown)
        for again in range(1, _MAX_REDRAWS + 1):
            if not self._requests.are_open and self._is_settled():
                break
            self._settle()  # drawing it requested more files, such as a style sheet's picture
            self._wait_no_more()
            shot = self._begin_frame(frame_ticks(due, again), shown)
        self._check()
        return shot

    def _begin_frame(self, ticks: float, shown: Mapping[str, Any]) -> str:
        frame = {"frameTimeTicks": ticks, "interval": float(1000 / self._rate)}
        drawn = self._browser.call("HeadlessExperimental.beginFrame", {**frame, **shown}, _FRAME)
        return drawn.get("screenshotData", "")

    def _settle(self) -> None:
        """Wait for files, fonts, pictures and `reelbatch.wait()` without letting time pass.

        Gives up if only passing time can bring them. Raises RenderError.
        """
        if not self._wait_until(self._is_settled, _PATIENCE):
            self._requests.forget()
            self._await_media()

    def _wait_no_more(self) -> None:
        if self._evaluate("__reelbatch.waitNoMore()"):
            message = "A promise given to reelbatch.wait() did not settle: frames are drawn anyway"
            self._notes.add(WarningCode.PAGE_WARNING, message)

    def _await_media(self) -> None:
        """Wait for media, which don't need the page's time to pass. Raises RenderError."""
        if not self._wait_until(lambda: bool(self._evaluate(_HAS_MEDIA)), _MEDIA):
            raise RenderError(f"The page's media were not ready within {_MEDIA:.0f} seconds.")

    def _wait_until(self, is_met: Callable[[], bool], seconds: float) -> bool:
        """Wait for a condition. Returns False if it is not met in time.

        `seconds` count from the last response to the page, since a response may take long itself.
        """
        begin, pauses = time.monotonic(), _pauses()
        while not is_met():
            if time.monotonic() > max(begin, self._requests.last_response) + seconds:
                return False
            self._time.stand_still()
            time.sleep(next(pauses))
        return True

    def _is_settled(self) -> bool:
        if self._requests.take_new():
            self._time.stand_still()  # returns when their responses have arrived
        self._check()
        return bool(self._evaluate(_IS_SETTLED)) and not self._requests.are_open

    def _evaluate(self, expression: str) -> Any:
        evaluation = self._browser.call(
            "Runtime.evaluate", {"expression": expression, "returnByValue": True}, _FRAME
        )
        if "exceptionDetails" in evaluation:
            self._note_exception(evaluation)
        return evaluation["result"].get("value")

    def _note_navigation(self, event: dict[str, Any]) -> None:
        frame = event["frame"]
        if "parentId" in frame:
            return
        self._frame = frame["id"]
        if not frame["url"].startswith(f"{ORIGIN}/"):
            raise TemplateInvalid(f"The page navigated to {frame['url'][:LONGEST_MESSAGE]}.")

    def _note_start(self, event: dict[str, Any]) -> None:
        if event["frameId"] == self._frame:
            self._stopped = math.inf

    def _note_stop(self, event: dict[str, Any]) -> None:
        """Note when loading stops. This comes after the page's load event, if there is one."""
        if event["frameId"] == self._frame:
            self._stopped = time.monotonic()

    def _note_window(self, event: dict[str, Any]) -> None:
        url = event["url"][:LONGEST_MESSAGE]
        self._notes.add(WarningCode.NAVIGATION_REFUSED, f"A window with {url} is not shown")

    def _note_exception(self, event: dict[str, Any]) -> None:
        details = event["exceptionDetails"]
        words = details.get("exception", {}).get("description") or details.get("text", "")
        message = words.split("\n    at ")[0].replace(f"{ORIGIN}/", "")[:LONGEST_MESSAGE]
        place = self._notes.place(line_of(details))
        self._failure = self._failure or f"A script of the page failed: {message} ({place})"

    def _note_crash(self, event: dict[str, Any]) -> None:
        del event
        raise BrowserEnded("The page crashed the browser, or needs more memory than is allowed.")

    def _note_load(self, event: dict[str, Any]) -> None:
        del event
        self._is_loaded = True

    def _close_dialog(self, event: dict[str, Any]) -> None:
        del event
        self._browser.send("Page.handleJavaScriptDialog", {"accept": False})

    def _check(self) -> None:
        if self._failure is not None:
            raise TemplateInvalid(self._failure)
        self._notes.check()


def _preparations(
    composition: Composition, filling: Filling, *, opaque: bool
) -> list[tuple[str, dict[str, Any]]]:
    scripts = package_files("reelbatch.engines.html")
    settings = {
        "width": composition.width,
        "height": composition.height,
        "frameRate": composition.frame_rate,
        "frames": composition.frames,
        "data": filling.data,
        "texts": filling.texts,
        "files": filling.files,
        "properties": filling.properties,
        "fonts": filling.fonts,
    }
    metrics = {
        "width": composition.width,
        "height": composition.height,
        "deviceScaleFactor": 1,  # lower values are ignored if frames are drawn on demand
        "mobile": False,
    }
    clear = {"color": {"r": 0, "g": 0, "b": 0, "a": 0}}
    return [
        ("Page.enable", {}),
        ("Runtime.enable", {}),
        ("Inspector.enable", {}),
        ("Fetch.enable", {}),
        ("Emulation.setDeviceMetricsOverride", metrics),
        ("Emulation.setTimezoneOverride", {"timezoneId": "UTC"}),
        *([] if opaque else [("Emulation.setDefaultBackgroundColorOverride", clear)]),
        *(
            (
                "Page.addScriptToEvaluateOnNewDocument",
                {"source": f"{script.read_text('utf-8').rstrip()}({json.dumps(settings)})"},
            )
            for script in (scripts / "page.js", scripts / "media.js")
        ),
    ]


def _pauses() -> Iterator[float]:
    """Yield the seconds between checks: short at first, since most waits end at once."""
    pause = 0.0
    while True:
        yield pause
        pause = min(_LONGEST_PAUSE, pause + _LONGEST_PAUSE / 16)


def _pixels(picture: Image.Image) -> Frame:
    """Return B, G, R, A, premultiplied. Opaque pictures need no multiplication."""
    colours, layout = picture.convert("RGBA"), "BGRA"
    if picture.mode != "RGB":
        colours, layout = colours.convert("RGBa"), "BGRa"
    packed = np.frombuffer(colours.tobytes("raw", layout), np.uint8)
    return packed.reshape(picture.height, picture.width, 4)


def _halved(pixels: Frame) -> Frame:
    """Halve the size: each pixel becomes the mean of four."""
    rows, columns = pixels.shape[:2]
    even = np.pad(pixels, ((0, rows % 2), (0, columns % 2), (0, 0)), mode="edge").astype(np.uint16)
    sums = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return ((sums + 2) // 4).astype(np.uint8)


def _fitted(pixels: Frame, width: int, height: int) -> Frame:
    """Add or remove a pixel on the right and at the bottom, as the codec's size requires."""
    rows, columns = pixels.shape[:2]
    if (rows, columns) == (height, width):
        return pixels
    more = ((0, max(0, height - rows)), (0, max(0, width - columns)), (0, 0))
    return np.ascontiguousarray(np.pad(pixels, more, mode="edge")[:height, :width])
