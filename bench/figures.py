"""A figure compares our measurements with another program's, and has a goal for their ratio."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from statistics import median
from time import perf_counter
from typing import Any


class Kind(StrEnum):
    """The meaning of a figure's value, and on which side of its goal it should be."""

    SHARE = "share"  # our speed divided by the other's; should be at least the goal
    TIMES = "times"  # our cost divided by the other's; should be at most the goal
    ALONE = "alone"  # our cost, without a comparison; should be at most the goal, if there is one


@dataclass
class Figure:
    """The measurements of all rounds, in `unit`: seconds, or another cost that should be small."""

    name: str
    ours: str
    other: str | None
    goal: float | None
    kind: Kind = Kind.SHARE
    unit: str = "s"
    our_values: list[float] = field(default_factory=list[float])
    other_values: list[float] = field(default_factory=list[float])

    @classmethod
    def times(cls, name: str, *, ours: str, other: str, goal: float | None) -> "Figure":
        return cls(name, ours, other, goal, kind=Kind.TIMES)

    @property
    def value(self) -> float:
        """The ratio of the medians, or our median if there is no comparison."""
        return self._of(median(self.our_values), median(self.other_values or [1.0]))

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest value of any round."""
        others = self.other_values or [1.0] * len(self.our_values)
        values = [self._of(*pair) for pair in zip(self.our_values, others, strict=True)]
        return min(values), max(values)

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None for a figure without a goal."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.kind is Kind.SHARE else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "value": self.value, "spread": self.spread, "is_met": self.is_met}

    def _of(self, ours: float, other: float) -> float:
        return other / ours if self.kind is Kind.SHARE else ours / other


def measure(
    figure: Figure, ours: Callable[[], float], other: Callable[[], float], rounds: int
) -> Figure:
    """Run both in turn, in alternating order. Each call returns its cost."""
    for number in range(rounds):
        for is_ours in (True, False) if number % 2 else (False, True):
            if is_ours:
                figure.our_values.append(ours())
            else:
                figure.other_values.append(other())
    return figure


def seconds_of(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started
