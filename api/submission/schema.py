"""The first look at a job: its size, its JSON, the contract's schema, and what it asks for."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

from pydantic import JsonValue, ValidationError

from api.http.requests import field_errors
from reelbatch.models.errors import JobTooLarge, RequestError
from reelbatch.models.orchestration.jobs import Output
from reelbatch.models.problems import Problem as Problem
from reelbatch.models.problems import error_of as error_of
from reelbatch.models.wire.assets import NestedJob
from reelbatch.models.wire.codecs import DEFAULT_CODEC, PREVIEW_CODEC, OutputType, find_codec
from reelbatch.models.wire.jobs import JobCreation, TemplateChoice
from reelbatch.models.wire.render_settings import RenderSettings

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


def nested_jobs(assets: Sequence[object], priority: int) -> list[tuple[int, JobCreation]]:
    """The jobs among a job's assets, each as a job of its own beside its asset's position.

    They have their parent's priority; webhook, upload and tags are the parent's alone.
    """
    return [
        (
            position,
            JobCreation(
                template=TemplateChoice(
                    id=asset.template.id, composition=asset.template.composition
                ),
                preview=asset.preview,
                assets=[*asset.assets],
                settings=asset.settings,
                priority=priority,
            ),
        )
        for position, asset in enumerate(assets)
        if isinstance(asset, NestedJob)
    ]


def output_of(job: JobCreation) -> Output:
    """Fill in the defaults of a checked job's settings.

    Raises ValueError where `settings.codec` is unknown: callers check it before.
    """
    settings = job.settings or RenderSettings()
    output_type: OutputType = "image" if settings.type == "image" else "video"
    names = PREVIEW_CODEC if job.preview else DEFAULT_CODEC
    codec = find_codec(settings.codec or names[output_type])
    if codec is None:
        raise ValueError(f"unknown codec {settings.codec}")
    frames = settings.frames
    first, end = (frames[0], frames[1]) if isinstance(frames, list) else (frames or 0, None)
    if output_type == "image":
        end = first + 1
    elif isinstance(frames, int):
        end = frames + 1
    return Output(
        output_type=output_type,
        codec=codec.name,
        first_frame=first,
        end_frame=end,
        draft=job.preview or settings.quality == "draft",
    )
