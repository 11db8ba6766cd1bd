"""A figure: our time beside another's, and what their ratio should be."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from statistics import median
from time import perf_counter
from typing import Any


@dataclass
class Figure:
    """Seconds of each round; the ratio says which part of the other's speed we reach."""

    name: str
    ours: str
    other: str
    goal: float  # of the ratio, at least
    our_seconds: list[float] = field(default_factory=list[float])
    other_seconds: list[float] = field(default_factory=list[float])

    @property
    def ratio(self) -> float:
        return median(self.other_seconds) / median(self.our_seconds)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest ratio of any round."""
        pairs = zip(self.our_seconds, self.other_seconds, strict=True)
        ratios = [other / ours for ours, other in pairs]
        return min(ratios), max(ratios)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "spread": self.spread}


def measure(
    figure: Figure, ours: Callable[[], float], other: Callable[[], float], rounds: int
) -> Figure:
    """Run both in turn; each returns its seconds. The order changes from round to round."""
    for number in range(rounds):
        for is_ours in (True, False) if number % 2 else (False, True):
            if is_ours:
                figure.our_seconds.append(ours())
            else:
                figure.other_seconds.append(other())
    return figure


def seconds_of(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started
