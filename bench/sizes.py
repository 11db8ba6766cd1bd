"""How much a run measures: minutes in the short form, the sizes of the goals in the full one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    rounds: int  # of figures that take seconds
    long_rounds: int  # of figures that take minutes
    films: int  # in a batch of real renders
    small: int  # jobs of a small batch whose render is a no-op
    large: int  # jobs of a large one


SHORT = Sizes(rounds=5, long_rounds=2, films=16, small=50, large=200)
FULL = Sizes(rounds=7, long_rounds=2, films=200, small=100, large=1000)
