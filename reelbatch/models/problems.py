"""What is wrong with a job, field by field."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from reelbatch.models.errors import ReelbatchError
from reelbatch.models.wire.errors import FieldError

MOST_DETAILS = 20
"""Of one error: who mends these sees the next ones."""

_LONGEST_FIELD, _LONGEST_MESSAGE = 200, 1000  # characters; clients choose the names in them


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a job. `field` is a path in the job, empty for all of it."""

    kind: type[ReelbatchError]
    field: str
    message: str

    @property
    def detail(self) -> FieldError:
        return FieldError(
            field=self.field[:_LONGEST_FIELD], message=self.message[:_LONGEST_MESSAGE]
        )

    def inside(self, field: str) -> "Problem":
        """The same problem of a job that is the value of `field`."""
        return replace(self, field=f"{field}.{self.field}" if self.field else field)


def error_of(problems: Sequence[Problem]) -> ReelbatchError:
    """The first problem as an error, with all of them as its details, as far as they go."""
    details = first_details((problem.detail for problem in problems), len(problems))
    return problems[0].kind(headline(details), details=details)


def first_details(details: Iterable[FieldError], number: int) -> list[FieldError]:
    """What an error shows of `number` details: the first ones, and how many more there are."""
    shown = MOST_DETAILS if number > MOST_DETAILS + 1 else number  # nobody is told of one more
    first = list(islice(details, shown))
    if number > shown:
        first.append(FieldError(field="", message=f"There are {number - shown} more problems."))
    return first


def headline(details: Sequence[FieldError]) -> str:
    """The first problem, with its field."""
    first = details[0]
    return f"{first.field}: {first.message}" if first.field else first.message
