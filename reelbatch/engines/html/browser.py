"""A headless Chromium, controlled by the Chrome DevTools Protocol over a pipe.

The protocol is described at https://chromedevtools.github.io/devtools-protocol/. With
`--remote-debugging-pipe`, its messages are JSON followed by a zero byte. The browser reads them
from descriptor 3 and writes them to descriptor 4.
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

# Only the headless shell runs confined: the full browser needs sockets to find other instances.
_PROGRAMS = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
_FOLDERS = ("/usr/lib/chromium", "/usr/lib64/chromium-browser")  # /usr/bin has shell wrappers
HOW_TO_GET_IT = (
    "There is no headless Chromium on this machine: install chromium-headless-shell "
    "(`make browser` does so on Debian and Ubuntu)."
)

_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",  # it needs namespaces, which the render process's confinement does not permit
    "--no-zygote",
    "--in-process-gpu",  # a separate process would read /proc, which is closed
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # needed for WebGL without a GPU; the confinement contains it
    "--block-new-web-contents",  # each window would be a process with its own memory
    "--disable-dev-shm-usage",  # /dev/shm is closed too
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-first-run",
    "--mute-audio",
    # Draw a frame only on request, and completely, with nothing deferred to a later frame.
    "--enable-begin-frame-control",
    "--run-all-compositor-stages-before-draw",
    "--disable-new-content-rendering-timeout",
    "--disable-threaded-animation",
    "--disable-checker-imaging",
    "--disable-image-animation-resync",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
    # Never look up or contact an address, even if the process is not confined.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    # Draw the same pixels on every machine.
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
    """Return the program in its usual folder, otherwise the one on the PATH, or None."""
    for name in _PROGRAMS:
        for folder in _FOLDERS:
            if os.access(Path(folder, name), os.X_OK):
                return Path(folder, name)
        if found := shutil.which(name):
            return Path(found)
    return None


class BrowserEnded(RenderCrashed):
    """The browser or its tab has ended by itself."""


class Browser:
    """A running browser with one tab. Its files are in `folder`, and `close` ends it."""

    def __init__(self, folder: Path) -> None:
        program = find_browser()
        if program is None:
            raise RendererInterrupted(HOW_TO_GET_IT)
        self._folder = folder / "browser"
        self._folder.mkdir()
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        if sys.platform == "linux":  # fewer reads per picture; fails at the user's limit for pipes
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
        """Open a tab that draws on demand, with a size in pixels.

        Raises RenderError if the browser doesn't start within `seconds`.
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
        """Have `listener` called with an event's parameters while a call is waiting."""
        self._listeners[event] = listener

    def wait(self, event: str, seconds: float) -> None:
        """Wait for the next event of a name. Raises RenderError."""
        deadline = time.monotonic() + seconds
        while self._receive(deadline).get("method") != event:
            pass

    def call(self, method: str, parameters: Parameters | None = None, seconds: float = 30) -> Any:
        """Send a command and return its result. Raises RenderError."""
        number = self.send(method, parameters)
        deadline = time.monotonic() + seconds
        while (message := self._receive(deadline)).get("id") != number:
            pass
        if "error" in message:
            log.warning("the browser refused a command", method=method, error=message["error"])
            raise RenderError("The browser cannot draw this page; the worker's log says why.")
        return message["result"]

    def send(self, method: str, parameters: Parameters | None = None) -> int:
        """Send a command without waiting for its result."""
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
        """Return the next message, after its listener has been called."""
        searched = 0
        while (end := self._received.find(b"\0", searched)) < 0:
            searched = len(self._received)
            ready, _, _ = select.select([self._in], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise TemplateInvalid(
                    "The page does not finish a frame: look for scripts with endless loops."
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
            "The browser crashed on this page, or needs more memory than is allowed."
        )
