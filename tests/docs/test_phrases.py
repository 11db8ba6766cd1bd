"""Prose does without the phrases that have better ones."""

from tests.docs.phrases import offences
from tests.docs.prose import KINDS, places


def test_no_phrase_is_used_that_has_a_better_one() -> None:
    found = [f"{place.file}:{place.line}: {advice}" for place, advice in offences()]
    assert found == []


def test_prose_of_every_kind_is_found() -> None:
    assert {place.kind for place in places()} == set(KINDS)
