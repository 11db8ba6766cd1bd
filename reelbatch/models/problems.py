"""Problems with the fields of a job."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from reelbatch.models.errors import ReelbatchError
from reelbatch.models.wire.errors import FieldError

MAX_DETAILS = 20
"""Details per error; clients see further ones once they have fixed these."""

# In characters; both contain names that clients choose.
_MAX_FIELD_LENGTH, _MAX_MESSAGE_LENGTH = 200, 1000


@dataclass(frozen=True)
class Problem:
    """One problem with a job. `field` is a path in the job; empty: the job as a whole."""

    kind: type[ReelbatchError]
    field: str
    message: str

    @property
    def detail(self) -> FieldError:
        return FieldError(
            field=self.field[:_MAX_FIELD_LENGTH], message=self.message[:_MAX_MESSAGE_LENGTH]
        )

    def inside(self, field: str) -> "Problem":
        """The same problem for a job that is the value of `field`."""
        return replace(self, field=f"{field}.{self.field}" if self.field else field)


def error_of(problems: Sequence[Problem]) -> ReelbatchError:
    """The first problem as an error, with all of them, up to the limit, as its details."""
    details = first_details((problem.detail for problem in problems), len(problems))
    return problems[0].kind(headline(details), details=details)


def first_details(details: Iterable[FieldError], number: int) -> list[FieldError]:
    """Limit an error's `number` details to the first ones, and a count of the others."""
    shown = MAX_DETAILS if number > MAX_DETAILS + 1 else number  # a count of one saves nothing
    first = list(islice(details, shown))
    if number > shown:
        first.append(FieldError(field="", message=f"There are {number - shown} more problems."))
    return first


def headline(details: Sequence[FieldError]) -> str:
    """The first problem, with its field."""
    first = details[0]
    return f"{first.field}: {first.message}" if first.field else first.message
