"""Suggestions for misspelt names."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean X?` for the closest of the `known` names; empty if none is close."""
    by_lower_case = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_lower_case, n=1, cutoff=0.6)
    return f" Did you mean {by_lower_case[close[0]]}?" if close else ""
