"""The first look at a job: its size, its JSON, and the contract's schema."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import JsonValue, ValidationError

from api.requests import field_errors, headline
from models.errors import FieldError, JobTooLarge, ReelbatchError, RequestError
from models.jobs import JobCreation

_DEEPEST = 50  # levels of JSON in one job; pydantic writes no more than 255


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


RawJob = JsonValue | Problem
"""A job as it was sent, or why it could not even be read."""


def error_of(problems: list[Problem]) -> ReelbatchError:
    """The first problem as an error, with all of them as its details."""
    details = [problem.detail for problem in problems]
    return problems[0].kind(headline(details), details=details)


def read_job(raw: RawJob, limit: int) -> JobCreation | list[Problem]:
    """The job, or all that its schema has against it. `limit` is in bytes."""
    if isinstance(raw, Problem):
        return [raw]
    if not isinstance(raw, dict):
        return [Problem(RequestError, "", "A job has to be a JSON object.")]
    problem = form_problem(raw, limit)
    if problem:
        return [problem]
    try:
        return JobCreation.model_validate(raw)
    except ValidationError as error:
        details = field_errors(error, raw)
        return [Problem(RequestError, detail.field, detail.message) for detail in details]


def json_size(raw: JsonValue) -> int:
    """Bytes of its JSON text. Raises ValueError for what JSON or UTF-8 cannot write."""
    return len(json.dumps(raw, ensure_ascii=False, allow_nan=False).encode())


def form_problem(raw: JsonValue, limit: int) -> Problem | None:
    """What makes a job unfit to be stored and sent on, whatever its fields mean."""
    if any(depth > _DEEPEST for depth in _depths(raw)):
        return Problem(RequestError, "", f"The job is nested more than {_DEEPEST} levels deep.")
    try:
        size = json_size(raw)
    except UnicodeEncodeError:
        return Problem(
            RequestError, "", "The job holds half of a surrogate pair, which no text is."
        )
    except ValueError:
        return Problem(RequestError, "", "The job holds a number that is too large for JSON.")
    if size > limit:
        message = f"The job has {size} bytes and may have {limit}; give large media by URL."
        return Problem(JobTooLarge, "", message)
    return None


def _depths(value: JsonValue) -> Iterator[int]:
    """The depth of every list and object, without recursion: that has a limit of its own."""
    todo: list[tuple[Any, int]] = [(value, 1)]
    while todo:
        here, depth = todo.pop()
        if isinstance(here, dict):
            inner = cast("dict[str, Any]", here).values()
        elif isinstance(here, list):
            inner = cast("list[Any]", here)
        else:
            continue
        yield depth
        if depth <= _DEEPEST:
            todo.extend((item, depth + 1) for item in inner)
