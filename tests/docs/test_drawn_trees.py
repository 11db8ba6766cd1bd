"""The trees of errors in docstrings match the classes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from reelbatch.client import _errors
from reelbatch.models import errors

ROOT = Path(__file__).parents[2]

E = TypeVar("E", bound=Exception)


def test_the_tree_of_errors_has_every_class_with_its_status_and_code() -> None:
    rows = list(tree_of(errors.ReelbatchError))
    width = max(len(prefix) + len(error.__name__) for prefix, error in rows)
    tree = "\n".join(
        f"{prefix + error.__name__:{width}} {error.status} {error.error_code}{retried(error)}"
        for prefix, error in rows
    )
    assert tree == drawn(errors.__doc__)


def test_the_tree_of_client_errors_has_every_class() -> None:
    names = [f"{prefix}{error.__name__}" for prefix, error in tree_of(_errors.ReelbatchError)]
    assert names == re.findall(r"^[│├└─ ]*\w+", drawn(_errors.__doc__), re.MULTILINE)


def test_the_guide_of_the_client_names_all_its_errors() -> None:
    page = (ROOT / "docs" / "client.md").read_text()
    paragraph = page[page.index("All errors are") :].split("\n\n")[0]
    listed = set(re.findall(r"`([A-Z]\w+)`", paragraph))
    assert listed == {error.__name__ for _, error in tree_of(_errors.ReelbatchError)}


def tree_of(root: type[E], indent: str = "", branch: str = "") -> Iterator[tuple[str, type[E]]]:
    """Yield each class of the root's module with the branch before it, in order of definition."""
    yield branch, root
    children = [child for child in root.__subclasses__() if child.__module__ == root.__module__]
    for child in children:
        turn, below = ("└── ", "    ") if child is children[-1] else ("├── ", "│   ")
        yield from tree_of(child, indent + below, indent + turn)


def retried(error: type[errors.ReelbatchError]) -> str:
    is_retried = issubclass(error, errors.RenderError) and error.retryable
    return " (another try may help)" if is_retried else ""


def drawn(docstring: str | None) -> str:
    """Return the paragraph of the docstring that draws a tree."""
    return next(part for part in (docstring or "").strip().split("\n\n") if "├──" in part)
