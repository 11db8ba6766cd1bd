"""What is wrong with a job, field by field."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reelbatch.models.errors import ReelbatchError
from reelbatch.models.wire.errors import FieldError


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a job. `field` is a path in the job, empty for all of it."""

    kind: type[ReelbatchError]
    field: str
    message: str

    @property
    def detail(self) -> FieldError:
        return FieldError(field=self.field, message=self.message)

    def inside(self, field: str) -> "Problem":
        """The same problem of a job that is the value of `field`."""
        return replace(self, field=f"{field}.{self.field}" if self.field else field)


def error_of(problems: Sequence[Problem]) -> ReelbatchError:
    """The first problem as an error, with all of them as its details."""
    details = [problem.detail for problem in problems]
    return problems[0].kind(headline(details), details=details)


def headline(details: Sequence[FieldError]) -> str:
    """The first problem, with its field."""
    first = details[0]
    return f"{first.field}: {first.message}" if first.field else first.message
