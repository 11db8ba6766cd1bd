"""Phrases that the project does not use, with better ones.

`python -m tests.docs.phrases` prints where they are.
"""

import re
import sys
from collections.abc import Iterator

from tests.docs.prose import Place, places

_ANYWHERE = {
    r"(?<!here )(?:is|are|was|were) no (?!longer|more|better|worse|larger|faster|different)": (
        "is not a, or: there is no"
    ),
    r"in the place of": "instead of",
    r"has to be": "must be",
    r"(?:to|can|could) be had": "available",
    r"(?:is|are|was|were|be) told": "is reported, is named, is warned",
    r"for ever": "permanently, forever",
    r"for good": "permanently",
    r"in vain": "without success",
    r"anew": "again",
    r"inside of": "inside",
    r"hence|thus": "so, therefore",
    r"judge[sd]?|judging": "validate",
    r"announced": "declared",
    r"let(?:s|ting)? \w+ through|let through": "accept",
    r"by (?:its|their) names?": "by name",
    r"(?:its|their|and) kin": "and similar ones",
    r"([a-z]{2,}) \1(?![.\w])": "the word once",
    r"(?:behavio|favo|hono|neighbo)rs?|gray|cancel(?:ed|ing)|labeled": "the British spelling",
    r"(?:organi|recogni|normali|optimi|summari|analy)z(?:es?|ed|ing)": "the British spelling",
}
_AT_THE_START = {
    r"Of (?:an?|the|all|each|its|those|these|what|several|two) ": "the subject first",
    r"As (?:an?|the|its?|they|in) ": "a whole sentence",
    r"(?:What|Those|Such|None) ": "a noun phrase or a whole sentence",
}
_CODE = re.compile(r"`[^`]*`")
_FRAGMENTS = {"CLI text", "comment", "docstring", "message"}  # others may have titles and questions


def offences() -> Iterator[tuple[Place, str]]:
    """Each place with such a phrase, and what to write instead."""
    anywhere = [(re.compile(rf"\b(?:{phrase})\b"), say) for phrase, say in _ANYWHERE.items()]
    start = [(re.compile(phrase), say) for phrase, say in _AT_THE_START.items()]
    for place in places():
        if place.file == "tests/docs/phrases.py":
            continue
        text = _CODE.sub("`", place.text)
        for pattern, better in anywhere:
            if found := pattern.search(text):
                yield place, f"“{found[0]}” → {better}"
        if place.kind in _FRAGMENTS and "?" not in place.text:
            for pattern, better in start:
                if found := pattern.match(place.text):
                    yield place, f"“{found[0]}…” → {better}"


if __name__ == "__main__":
    for place, advice in offences():
        sys.stdout.write(f"{place.file}:{place.line}: {advice}: {place.text[:100]}\n")
