"""What people read of an error that the service answered."""

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
def test_no_sentence_is_said_twice(message: str, details: list[tuple[str, str]], text: str) -> None:
    found = [FieldError(field=field, message=said) for field, said in details]
    assert str(APIError(message, status=400, details=found)) == text
