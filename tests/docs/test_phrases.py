"""Prose does without the phrases that have better ones."""

from tests.docs.phrases import offences
from tests.docs.prose import KINDS, places

_CHECKED = (
    *(".", "CHANGELOG.md", "Dockerfile", "Makefile", "bench/", "deploy/", "docker-compose.yml"),
    *("docs/after-effects.md", "docs/architecture.md", "docs/compatibility.md", "docs/decisions/"),
    *("docs/html.md", "docs/languages.md", "docs/lottie.md", "docs/reliability.md"),
    *("docs/scaling.md", "docs/security", "hatch_build.py", "mkdocs.yml", "pyproject.toml"),
    *("tests/bench/", "tests/docs/"),
)
"""How the names of files begin that are checked. ("",) checks all."""


def test_no_phrase_is_used_that_has_a_better_one() -> None:
    found = [
        f"{place.file}:{place.line}: {advice}"
        for place, advice in offences()
        if place.file.startswith(_CHECKED)
    ]
    assert found == []


def test_prose_of_every_kind_is_found() -> None:
    assert {place.kind for place in places()} == set(KINDS)
