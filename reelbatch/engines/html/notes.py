"""The browser's reports that a page doesn't look or work as designed, as warnings of the job."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from reelbatch.engines.html.browser import Browser
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.wire.warnings import RenderWarning, WarningCode

ORIGIN = "https://template.invalid"  # a name that never exists (RFC 6761)

LONGEST_MESSAGE = 300  # characters
_MAX_NOTES = 500
_LONGEST_TEXT = 200  # characters of a page's message or of an address
_CONSOLE = {"error": WarningCode.PAGE_ERROR, "assert": WarningCode.PAGE_ERROR}
_CONSOLE["warning"] = WarningCode.PAGE_WARNING
# Entries that are reported elsewhere, or that don't matter for a film.
_OTHER_SOURCES = ("network", "security", "deprecation", "violation", "recommendation")
_WEBGL = re.compile(r"^\[\.WebGL-[^\]]*+\]")  # includes an address, which differs each time
_DRIVER_MESSAGE = "WebGL: GL Driver Message (OpenGL, Performance"  # for example on reading pixels
_WAYS_OUT = {
    "worker-src": "workers have their own clocks: run the script in the page",
    "frame-src": "frames are not drawn: put their content into the page",
    "media-src": "video and sound only play from files in the template: put it into the zip",
    "form-action": "forms cannot be sent",
}
_WAY_OUT = "a page has no network: put the file into the template's zip"


@dataclass(frozen=True)
class _Note:
    code: str
    message: str
    layer: str | None = None


class Notes:
    """Collects each report once, with the line and the frame at which it first occurred."""

    def __init__(self, composition: str, *, strict: bool, first_frame: int = 0) -> None:
        """`strict` turns them into errors; `first_frame` is the number to show for frame 0."""
        self.frame = 0
        self._first_frame = first_frame
        self._composition = composition
        self._strict = strict
        self._found: dict[_Note, tuple[int, str]] = {}  # the frame, and the line or the request
        self._origins: dict[str, str] = {}  # lines that made requests, by the requests' ids

    def listen(self, browser: Browser) -> None:
        browser.listen("Runtime.consoleAPICalled", self._note_words)
        browser.listen("Log.entryAdded", self._note_entry)
        browser.listen("Audits.issueAdded", self._note_issue)
        for domain in ("Network", "Log", "Audits"):
            browser.call(f"{domain}.enable")

    def add(self, code: str, message: str, *, where: str = "", layer: str | None = None) -> None:
        """Add a report. `where` is a line, or the id of a request for the line that made it."""
        note = _Note(code, message.replace(f"{ORIGIN}/", ""), layer)
        if len(self._found) < _MAX_NOTES:
            self._found.setdefault(note, (self.frame, where))

    def add_refused(self, address: str, directive: str = "", *, where: str = "") -> None:
        reason = _WAYS_OUT.get(directive, _WAY_OUT)
        self.add(
            WarningCode.REQUEST_REFUSED,
            f"{address[:_LONGEST_TEXT] or 'A script'} was refused: {reason}",
            where=where,
        )

    def warnings(self) -> list[RenderWarning]:
        return [
            RenderWarning(
                code=note.code,
                message=f"{note.message} ({self.place(self._origins.get(where, where), frame)})",
                layer=note.layer,
                composition=self._composition,
            )
            for note, (frame, where) in self._found.items()
        ]

    def check(self) -> None:
        """Raise TemplateInvalid for the first report if reports are errors."""
        if self._strict and self._found:
            first, *more = self.warnings()
            others = f" And {len(more)} more." if more else ""
            raise TemplateInvalid(f"{first}: an error because the page is `strict`.{others}")

    def place(self, where: str, frame: int | None = None) -> str:
        at = f"frame {self._first_frame + (self.frame if frame is None else frame)}"
        return f"{where}, {at}" if where else at

    def note_origin(self, event: dict[str, Any]) -> None:
        """Remember the line that requested a file, from `Network.requestWillBeSent`."""
        initiator = event.get("initiator", {})
        if len(self._origins) < 10 * _MAX_NOTES:
            self._origins[event["requestId"]] = line_of(initiator) or line_of(
                first_call(initiator.get("stack"))
            )

    def _note_words(self, event: dict[str, Any]) -> None:
        code = _CONSOLE.get(event["type"])
        if code is None:
            return
        words = " ".join(_words_of(each) for each in event["args"])[:_LONGEST_TEXT]
        place = line_of(first_call(event.get("stackTrace")))
        self.add(code, f"console.{event['type']}: {words}", where=place)

    def _note_entry(self, event: dict[str, Any]) -> None:
        entry = event["entry"]
        if entry["level"] not in ("error", "warning") or entry["source"] in _OTHER_SOURCES:
            return
        text = _WEBGL.sub("WebGL: ", entry["text"])
        if not text.startswith(_DRIVER_MESSAGE):
            self.add(_CONSOLE[entry["level"]], text[:_LONGEST_TEXT], where=line_of(entry))

    def _note_issue(self, event: dict[str, Any]) -> None:
        details = event["issue"]["details"].get("contentSecurityPolicyIssueDetails")
        if details is not None:
            location = details.get("sourceCodeLocation", {})
            directive, url = details["violatedDirective"], details.get("blockedURL", "")
            # The engine plays the template's own media, so they are not refused.
            if directive != "media-src" or not url.startswith(ORIGIN):
                self.add_refused(url, directive, where=line_of(location))


def line_of(place: Mapping[str, Any]) -> str:
    """Return a place that the browser names as `index.html:12`; empty if it has no line."""
    url = str(place.get("url", "")).removeprefix(f"{ORIGIN}/")
    if not url or url.startswith("data:"):
        return ""
    return f"{url[:_LONGEST_TEXT]}:{int(place.get('lineNumber', 0)) + 1}"


def first_call(stack: Mapping[str, Any] | None) -> Mapping[str, Any]:
    calls = cast("list[Mapping[str, Any]]", (stack or {}).get("callFrames", []))
    nowhere: Mapping[str, Any] = {}
    return next((call for call in calls if call.get("url")), nowhere)


def _words_of(argument: Mapping[str, Any]) -> str:
    if "value" in argument:
        return str(argument["value"])
    return str(argument.get("description", argument.get("type", ""))).split("\n    at ")[0]
