"""The page's requests, which get the template's files, decoded media, and nothing else."""

import base64
import mimetypes
import re
import time
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from reelbatch.engines.html.browser import Browser
from reelbatch.engines.html.media import Content, PageMedia
from reelbatch.engines.html.notes import LONGEST_MESSAGE, ORIGIN, Notes
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.wire.warnings import WarningCode

_AWAITED = (
    "Image",
    "Stylesheet",
    "Font",
    "Script",
    "Fetch",
    "XHR",
)  # types in the DevTools protocol
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_MOVING = re.compile(rb"<(?:animate|set\b)|@keyframes")

# Workers have their own clocks, frames in the page are not stepped, and there is no network. The
# engine decodes media, since the browser's own player runs in real time.
_POLICY = (
    f"default-src {ORIGIN} data: blob: 'unsafe-inline' 'unsafe-eval'; "
    "media-src 'none'; worker-src 'none'; frame-src 'none'; object-src 'none'; form-action 'none'"
)

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    # In an isolated page, clocks are exact to 5 µs. Others are rounded randomly.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
_OWN = ".reelbatch"  # the folder of files that the engine itself serves
ANTEROOM = PurePosixPath(_OWN, "anteroom.html")  # an empty page, in which time is stopped


class PageRequests:
    """Responds to the page's requests while a call to the browser is waiting."""

    def __init__(
        self, *, browser: Browser, content: Content, media: PageMedia, notes: Notes
    ) -> None:
        self.page: PurePosixPath | None = None  # the page that is being loaded
        self.last_response = 0.0  # time.monotonic() at the last one
        self._browser = browser
        self._content = content
        self._media = media
        self._notes = notes
        self._are_new = False
        self._loading = set[str]()  # ids of requests whose response the page hasn't received
        browser.listen("Fetch.requestPaused", self._respond)
        browser.listen("Network.requestWillBeSent", self._note_request)
        browser.listen("Network.loadingFinished", self._note_response)
        browser.listen("Network.loadingFailed", self._note_response)

    @property
    def are_open(self) -> bool:
        """Whether a response may still be on its way."""
        return self._are_new or bool(self._loading)

    def take_new(self) -> bool:
        """Whether the page has requested anything since the last call."""
        are_new, self._are_new = self._are_new, False
        return are_new

    def forget(self) -> None:
        """Stop waiting for responses whose arrival the browser doesn't report."""
        self._loading.clear()

    def _respond(self, request: dict[str, Any]) -> None:
        self._are_new = True
        self._serve(request)
        self.last_response = time.monotonic()

    def _serve(self, request: dict[str, Any]) -> None:
        url = urlsplit(str(request["request"]["url"]))
        path = PurePosixPath(unquote(url.path).lstrip("/"))
        is_page = request.get("resourceType") == "Document"
        if f"{url.scheme}://{url.netloc}" != ORIGIN:
            self._notes.add_refused(request["request"]["url"], where=request.get("networkId", ""))
            failure = {"requestId": request["requestId"], "errorReason": "BlockedByClient"}
            self._browser.send("Fetch.failRequest", failure)
            return
        if is_page and path != self.page:
            self._stay(request)
            return
        if is_page:
            self.page = None
        found = self._found(path, url.query)
        name, where = str(_without_own(path))[:LONGEST_MESSAGE], request.get("networkId", "")
        if found is None:
            self._notes.add(WarningCode.MISSING_FILE, f"{name} is not in the template", where=where)
        elif request.get("resourceType") == "Image" and _moves_by_itself(*found):
            message = (
                f"{name} is animated, but images keep their own time: put the <svg> into the page"
            )
            self._notes.add(WarningCode.PAGE_WARNING, message, where=where)
        self._fulfill(request, found)

    def _found(self, path: PurePosixPath, query: str) -> tuple[str, bytes] | None:
        """Return the type and content of a requested file, or None if there is none."""
        if path == ANTEROOM:
            return "text/html", b""
        if path.parts[:1] == (_OWN,) and len(path.parts) > 2:
            try:
                return self._media.answer(PurePosixPath(*path.parts[1:]), query)
            except AssetInvalid as error:
                message = f"{_without_own(path)} does not play: {error.message}"
                self._notes.add(WarningCode.FOOTAGE_NOT_DRAWN, message)
                return "text/plain", b""
        content = self._content(path)
        return None if content is None else (_type_of(path, content), content)

    def _fulfill(self, request: dict[str, Any], found: tuple[str, bytes] | None) -> None:
        kind, content = found or ("text/plain", b"")
        headers = {"Content-Type": kind, "Accept-Ranges": "bytes", **_HEADERS}
        status = 404 if found is None else 200
        requested = _RANGE.fullmatch(request["request"].get("headers", {}).get("Range", ""))
        if requested and found is not None:
            first = int(requested[1])
            last = min(int(requested[2] or len(content)), len(content) - 1)
            if first <= last:
                headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
                status, content = 206, content[first : last + 1]
        self._browser.send(
            "Fetch.fulfillRequest",
            {
                "requestId": request["requestId"],
                "responseCode": status,
                "responseHeaders": [{"name": n, "value": v} for n, v in headers.items()],
                "body": base64.b64encode(content).decode(),
            },
        )

    def _stay(self, request: dict[str, Any]) -> None:
        """Respond with "no content" to a navigation, so that the page stays."""
        url = request["request"]["url"][:LONGEST_MESSAGE]
        self._notes.add(WarningCode.NAVIGATION_REFUSED, f"The page may not navigate to {url}")
        response = {"requestId": request["requestId"], "responseCode": 204}
        self._browser.send("Fetch.fulfillRequest", response)

    def _note_request(self, event: dict[str, Any]) -> None:
        """Note a request before its frame is drawn; it is paused for us only a little later."""
        self._notes.note_origin(event)
        if event.get("type") in _AWAITED:
            self._loading.add(event["requestId"])

    def _note_response(self, event: dict[str, Any]) -> None:
        self._loading.discard(event["requestId"])


def _type_of(path: PurePosixPath, content: bytes) -> str:
    """Return the content type. Text is UTF-8 if it is valid, as in inspections of templates."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        with suppress(UnicodeDecodeError):
            content.decode("utf-8")
            return f"{kind}; charset=utf-8"
    return kind


def _moves_by_itself(kind: str, content: bytes) -> bool:
    """Whether it is an animated SVG, for which the browser has a clock of its own at 60 Hz."""
    return kind == "image/svg+xml" and _MOVING.search(content) is not None


def _without_own(path: PurePosixPath) -> PurePosixPath:
    """Return the template's path that a request to the engine itself is about."""
    return PurePosixPath(*path.parts[2:]) if path.parts[:1] == (_OWN,) else path
