"""The virtual time of a page, which stands still until a frame is due.

The browser's clocks, timers and animations follow it (`Emulation.setVirtualTimePolicy` in the
DevTools protocol).
"""

import math
from datetime import UTC, datetime
from fractions import Fraction

from reelbatch.engines.html.browser import Browser

_START = datetime(2025, 1, 1, tzinfo=UTC).timestamp()  # the page's Date at frame 0
_GRAIN = 100  # microseconds: the resolution of the page's clocks, so that rounding loses nothing
_MARGIN = 1  # microseconds: timers that are due at the frame's exact time have run by then
_STEP = 5  # microseconds
_INSTANT = 0.0004  # milliseconds, which the browser rounds to none; 0 would mean "unlimited"
_LONGEST = 30.0  # seconds that the page's work for a frame may take


def clock_time(frame: int, rate: Fraction) -> int:
    """Return the microseconds from the first frame to another one, as the page's clocks show."""
    return round(frame * 1_000_000 / rate / _GRAIN) * _GRAIN


def frame_ticks(moment: int, again: int) -> float:
    """Return when to draw a frame, in milliseconds on the browser's scale.

    `again` is the number of times that it has been drawn before. The browser's animations count
    time in steps of 5 µs since the page began, and times in between are rounded randomly. So
    frames are drawn at exact steps.
    """
    return (moment + _MARGIN + again * _STEP) / 1000


class VirtualTime:
    """Microseconds on the browser's own scale.

    Time stops as soon as this is created, for pages of the origin that the tab shows then.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        begin = {"policy": "pause", "initialVirtualTime": _START}
        base = browser.call("Emulation.setVirtualTimePolicy", begin)["virtualTimeTicksBase"]
        self.now = round(base * 1000) - _MARGIN
        self.go_to(math.ceil(self.now / _GRAIN) * _GRAIN)

    def go_to(self, moment: int) -> None:
        """Let time pass, and wait for files that are being loaded. Raises RenderError."""
        if moment > self.now:
            self._pass((moment - self.now) / 1000)
            self.now = moment

    def stand_still(self) -> None:
        """Let the page do work that needs no time; if there is much of it, only a part."""
        self._pass(_INSTANT)

    def _pass(self, milliseconds: float) -> None:
        grant = {"policy": "pauseIfNetworkFetchesPending", "budget": milliseconds}
        self._browser.send("Emulation.setVirtualTimePolicy", grant)
        self._browser.wait("Emulation.virtualTimeBudgetExpired", _LONGEST)
