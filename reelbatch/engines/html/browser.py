"""A headless Chromium of our own, and the Chrome DevTools Protocol over its pipe.

The protocol is described at https://chromedevtools.github.io/devtools-protocol/; with
`--remote-debugging-pipe` its messages are JSON with a zero byte at the end, read from descriptor 3
and written to descriptor 4.
"""

import json
import os
import select
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from reelbatch.engines.programs import end_program, start_program
from reelbatch.models.errors import RenderCrashed, RendererInterrupted, RenderError, TemplateInvalid

if sys.platform == "linux":
    import fcntl

# The shell alone runs confined: the full browser wants sockets to find others of its kind.
_PROGRAMS = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
_FOLDERS = ("/usr/lib/chromium", "/usr/lib64/chromium-browser")  # of the wrappers in /usr/bin
HOW_TO_GET_IT = (
    "There is no headless Chromium on this machine: install chromium-headless-shell "
    "(`make browser` does so on Debian and Ubuntu)."
)

_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",  # the render process's own confinement leaves it no namespaces
    "--no-zygote",
    "--in-process-gpu",  # as a process of its own it reads /proc, which is closed
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # the only way to WebGL without a GPU; the confinement holds it
    "--block-new-web-contents",  # each window would be a process with a memory of its own
    "--disable-dev-shm-usage",  # which is closed too
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-first-run",
    "--mute-audio",
    # A frame is made when it is asked for, and whole: nothing of it is left to a later one.
    "--enable-begin-frame-control",
    "--run-all-compositor-stages-before-draw",
    "--disable-new-content-rendering-timeout",
    "--disable-threaded-animation",
    "--disable-checker-imaging",
    "--disable-image-animation-resync",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
    # No address is ever looked up or asked: also where the process is not confined.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    # The same pixels everywhere
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--hide-scrollbars",
    "--lang=en-US",
    "about:blank",
)
_CHUNK = 1 << 20  # bytes
_LAST_WORDS = 400  # characters of the browser's own log

log = structlog.get_logger("engines")

Parameters = Mapping[str, Any]
Event = Callable[[dict[str, Any]], None]


def find_browser() -> Path | None:
    """The program itself, where it is known; else what is on the PATH."""
    for name in _PROGRAMS:
        for folder in _FOLDERS:
            if os.access(Path(folder, name), os.X_OK):
                return Path(folder, name)
        if found := shutil.which(name):
            return Path(found)
    return None


class BrowserEnded(RenderCrashed):
    """The browser has ended by itself, or its tab has."""


class Browser:
    """A running browser with one tab. It keeps its files in `folder` and ends with `close`."""

    def __init__(self, folder: Path) -> None:
        program = find_browser()
        if program is None:
            raise RendererInterrupted(HOW_TO_GET_IT)
        self._folder = folder / "browser"
        self._folder.mkdir()
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        if sys.platform == "linux":  # a picture takes fewer turns; a user's pipes have a bound
            with suppress(OSError):
                fcntl.fcntl(self._in, fcntl.F_SETPIPE_SZ, _CHUNK)
        self._log = self._folder / "log"
        try:
            with self._log.open("wb") as log:
                self._process = start_program(
                    [program, *_FLAGS[:-1], f"--user-data-dir={self._folder}/profile", _FLAGS[-1]],
                    folder=self._folder,
                    output=log,
                    descriptors={3: theirs_in, 4: theirs_out},
                    environment={"TZ": "UTC"},
                )
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._received = bytearray()
        self._last_id = 0
        self._session: str | None = None
        self._listeners: dict[str, Event] = {}

    def open_tab(self, width: int, height: int, seconds: float) -> None:
        """Open a tab of a size in pixels, which draws on demand.

        Raises RenderError where the browser does not start in time.
        """
        tab = {"url": "about:blank", "width": width, "height": height}
        target = self.call(
            "Target.createTarget", {**tab, "enableBeginFrameControl": True}, seconds
        )["targetId"]
        attached = self.call(
            "Target.attachToTarget", {"targetId": target, "flatten": True}, seconds
        )
        self._session = attached["sessionId"]

    def listen(self, event: str, listener: Event) -> None:
        """Have `listener` called with the event's parameters, while a call waits."""
        self._listeners[event] = listener

    def wait(self, event: str, seconds: float) -> None:
        """Wait until an event comes that nobody has waited for yet. Raises RenderError."""
        deadline = time.monotonic() + seconds
        while self._receive(deadline).get("method") != event:
            pass

    def call(self, method: str, parameters: Parameters | None = None, seconds: float = 30) -> Any:
        """The result of a command. Raises RenderError."""
        number = self.send(method, parameters)
        deadline = time.monotonic() + seconds
        while (message := self._receive(deadline)).get("id") != number:
            pass
        if "error" in message:
            log.warning("the browser refused a command", method=method, error=message["error"])
            raise RenderError("The browser cannot draw this page; the worker's log says why.")
        return message["result"]

    def send(self, method: str, parameters: Parameters | None = None) -> int:
        """Give a command without waiting for its result."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters or {}}
        if self._session is not None:
            message["sessionId"] = self._session
        packed = memoryview(json.dumps(message).encode() + b"\0")
        try:
            while packed:
                packed = packed[os.write(self._out, packed) :]
        except BrokenPipeError as error:
            raise self._ended() from error
        return self._last_id

    def close(self) -> None:
        end_program(self._process)
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _receive(self, deadline: float) -> dict[str, Any]:
        """The next message, once those who listen for it have heard it."""
        searched = 0
        while (end := self._received.find(b"\0", searched)) < 0:
            searched = len(self._received)
            ready, _, _ = select.select([self._in], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise TemplateInvalid(
                    "The page does not come to an end with a frame: look for scripts that loop."
                )
            chunk = os.read(self._in, _CHUNK)
            if not chunk:
                raise self._ended()
            self._received += chunk
        message = json.loads(self._received[:end])
        del self._received[: end + 1]
        listener = self._listeners.get(message.get("method", ""))
        if listener is not None:
            listener(message["params"])
        return message

    def _ended(self) -> BrowserEnded:
        words = self._log.read_text(errors="replace")[-_LAST_WORDS:] if self._log.exists() else ""
        log.warning("the browser has ended", code=self._process.wait(), words=words)
        return BrowserEnded(
            "The browser crashed on this page, or needs more memory than it may have."
        )
