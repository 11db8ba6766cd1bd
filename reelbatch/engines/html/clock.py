"""The time of a page: it stands still until a frame is due.

The browser's own clocks, timers and animations follow it (`Emulation.setVirtualTimePolicy` of the
DevTools protocol).
"""

import math
from datetime import UTC, datetime
from fractions import Fraction

from reelbatch.engines.html.browser import Browser

_START = datetime(2025, 1, 1, tzinfo=UTC).timestamp()  # what Date tells at frame 0
_GRAIN = 100  # microseconds: what clocks tell, so that their rounding hides nothing
_MARGIN = 1  # microsecond: timers of the very moment have run by then
_STEP = 5  # microseconds
_INSTANT = 0.0004  # milliseconds, which the browser rounds to none: 0 would be "without end"
_LONGEST = 30.0  # seconds until the page's work for a frame has to come to an end


def clock_time(frame: int, rate: Fraction) -> int:
    """Microseconds from the first frame to another one, as clocks tell them."""
    return round(frame * 1_000_000 / rate / _GRAIN) * _GRAIN


def frame_ticks(moment: int, again: int) -> float:
    """When a frame is drawn, in milliseconds of the browser's scale; `again` counts how often it
    was drawn before.

    The browser tells animations their time in whole steps of 5 µs since the page began, and rounds
    what lies between them by chance. So frames are drawn at such steps.
    """
    return (moment + _MARGIN + again * _STEP) / 1000


class VirtualTime:
    """Microseconds on the browser's own scale. It begins to stand still at once, for pages of the
    origin that the tab shows by then."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        begin = {"policy": "pause", "initialVirtualTime": _START}
        base = browser.call("Emulation.setVirtualTimePolicy", begin)["virtualTimeTicksBase"]
        self.now = round(base * 1000) - _MARGIN
        self.go_to(math.ceil(self.now / _GRAIN) * _GRAIN)

    def go_to(self, moment: int) -> None:
        """Let time pass. Where files are on their way it waits for them. Raises RenderError."""
        if moment > self.now:
            self._pass((moment - self.now) / 1000)
            self.now = moment

    def stand_still(self) -> None:
        """Have the page do what it can do without time: a part of it, where that is much."""
        self._pass(_INSTANT)

    def _pass(self, milliseconds: float) -> None:
        grant = {"policy": "pauseIfNetworkFetchesPending", "budget": milliseconds}
        self._browser.send("Emulation.setVirtualTimePolicy", grant)
        self._browser.wait("Emulation.virtualTimeBudgetExpired", _LONGEST)
