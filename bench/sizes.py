"""How much a run measures: minutes in the short form, the sizes of the goals in the full form."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    rounds: int  # for figures that take seconds
    long_rounds: int  # for figures that take minutes
    films: int  # jobs in a batch of films
    stills: int  # jobs in a batch of stills
    small: int  # jobs in a small batch of no-op renders
    large: int  # jobs in a large batch of no-op renders
    plays: int  # repetitions of a film of three seconds, to make a long one
    kinds: int  # different jobs in a large batch with the render cache


SHORT = Sizes(rounds=2, long_rounds=2, films=4, stills=40, small=20, large=60, plays=3, kinds=4)
FULL = Sizes(
    rounds=7, long_rounds=2, films=200, stills=1000, small=100, large=1000, plays=8, kinds=10
)
