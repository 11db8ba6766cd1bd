"""How much a run measures: minutes in the short form, the sizes of the goals in the full one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    rounds: int  # of figures that take seconds
    long_rounds: int  # of figures that take minutes
    films: int  # in a batch of real renders
    stills: int  # in a batch of them
    small: int  # jobs of a small batch whose render is a no-op
    large: int  # jobs of a large one
    plays: int  # of a film of three seconds, which is split into segments
    kinds: int  # of different jobs among those of a large batch with the render cache


SHORT = Sizes(rounds=2, long_rounds=2, films=4, stills=40, small=20, large=60, plays=3, kinds=4)
FULL = Sizes(
    rounds=7, long_rounds=2, films=200, stills=1000, small=100, large=1000, plays=8, kinds=10
)
