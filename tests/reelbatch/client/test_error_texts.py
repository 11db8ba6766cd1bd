"""The text of an error that the service responded with."""

import pytest

from reelbatch.client import APIError
from reelbatch.models.wire.errors import FieldError


@pytest.mark.parametrize(
    ("message", "details", "text"),
    [
        ("Not 5000.", [("jobs", "Not 5000.")], "Not 5000."),
        ("a: is required", [("a", "is required"), ("b", "is required")],
         "a: is required; b: is required"),
        ("It is unknown.", [("a", "is odd")], "It is unknown; a: is odd"),
    ],
)  # fmt: skip
def test_the_text_has_each_problem_once(
    message: str, details: list[tuple[str, str]], text: str
) -> None:
    found = [FieldError(field=field, message=problem) for field, problem in details]
    assert str(APIError(message, status=400, details=found)) == text
