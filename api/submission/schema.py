"""The first look at a job: its size, its JSON, and the contract's schema."""

import json
from collections.abc import Iterator
from typing import Any, cast

from pydantic import JsonValue, ValidationError

from api.http.requests import field_errors
from reelbatch.models.errors import JobTooLarge, RequestError
from reelbatch.models.jobs import JobCreation
from reelbatch.models.problems import Problem as Problem
from reelbatch.models.problems import error_of as error_of

_DEEPEST = 50  # levels of JSON in one job; pydantic writes no more than 255


RawJob = JsonValue | Problem
"""A job as it was sent, or why it could not even be read."""


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


def json_bytes(raw: JsonValue) -> bytes:
    """Its JSON text. Raises ValueError for what JSON or UTF-8 cannot write, and RecursionError."""
    return json.dumps(raw, ensure_ascii=False, allow_nan=False).encode()


def form_problem(raw: JsonValue, limit: int) -> Problem | None:
    """What makes a job unfit to be stored and sent on, whatever its fields mean."""
    try:
        text = json_bytes(raw)
    except RecursionError:
        return _too_deep()
    except UnicodeEncodeError:
        return Problem(
            RequestError, "", "The job holds half of a surrogate pair, which no text is."
        )
    except ValueError:
        return Problem(RequestError, "", "The job holds a number that is too large for JSON.")
    if len(text) > limit:
        message = f"The job has {len(text)} bytes and may have {limit}; give large media by URL."
        return Problem(JobTooLarge, "", message)
    # Most jobs do not have as many lists and objects as may be inside each other.
    has_many = text.count(b"{") + text.count(b"[") > _DEEPEST
    if has_many and any(depth > _DEEPEST for depth in _depths(raw)):
        return _too_deep()
    return None


def _too_deep() -> Problem:
    return Problem(RequestError, "", f"The job is nested more than {_DEEPEST} levels deep.")


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
