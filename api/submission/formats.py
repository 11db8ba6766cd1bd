"""Parses requests: batches in each format, their `defaults`, and the structure of jobs. No I/O.

A batch is sent as JSON, as JSON Lines (one job per line, https://jsonlines.org) or as a table.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, cast

from pydantic import Field, JsonValue, ValidationError
from pydantic_core import to_json

from api.http.parameters import OrEmpty
from api.http.requests import JsonUnreadable, as_model, field_errors, parse_json
from api.submission.bodies import Body, split_jobs
from api.submission.outputs import Outputs, outputs_in
from api.submission.tables.reading import Table, TableQuery, read_table
from api.submission.tables.text import Rows, csv_rows
from api.submission.tables.workbooks import workbook_rows
from reelbatch.checks.template import TemplateOffer
from reelbatch.models.errors import (
    BatchSizeInvalid,
    BodyTooLarge,
    InvalidJson,
    JobTooLarge,
    RequestError,
)
from reelbatch.models.ids import MAX_BATCH_JOBS
from reelbatch.models.problems import Problem, error_of
from reelbatch.models.wire.batches import BatchOptions
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.tables import TABS
from reelbatch.models.wire.webhooks import Webhook
from reelbatch.settings import Settings

_JSON_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
_BOM = b"\xef\xbb\xbf"

_LONGEST_CELL = 4  # times the limit of a job; anything longer is an unclosed quote

_LONGEST_OUTPUTS = 20_000  # characters, in the query
_DEEPEST = 50  # levels of JSON in one job; pydantic cannot write more than 255

_MERGED_KEY_BY_KEY = ("template", "settings")
# Assets that agree in all of these address the same thing: the job's own replaces the default.
_IDENTITY = ("type", "layerName", "composition", "property", "name")

RawJob = JsonValue | Problem
"""A job as it was sent, or why it could not be parsed."""

_Identity = tuple[str | None, ...]


class BatchQuery(TableQuery):
    """The query of POST /batches, which overrides the corresponding fields of the body."""

    concurrency: OrEmpty[Annotated[int, Field(ge=1, le=1000)]] = Field(
        None, description="How many of the batch's jobs may be in progress at a time."
    )
    outputs: OrEmpty[Annotated[str, Field(max_length=_LONGEST_OUTPUTS)]] = Field(
        None,
        description="A JSON list of the outputs in which each job or row is rendered. Each has a "
        "`composition`, `settings` and a `name`, all optional; they override those of the jobs.",
        examples=['[{"composition": "Square"}, {"settings": {"codec": "video_gif"}}]'],
    )
    webhook: str | None = Field(
        None,
        description="The URL to call when the batch has ended.",
        examples=["https://example.com/done"],
    )


@dataclass(frozen=True, kw_only=True)
class BatchRequest:
    """The jobs as they were sent, and the options of the batch.

    With outputs, there is one job for each output of each row.
    """

    jobs: Sequence[RawJob]
    defaults: "JobDefaults"
    concurrency: int | None = None
    webhook: Webhook | None = None
    name: str | None = None
    submission: str | None = None  # the id of the first batch of the same table
    first_row: int | None = None  # where a later part of a table begins
    table: Table | None = None  # whose rows are the jobs
    outputs: Outputs | None = None  # in which each row is rendered


def read_batch(
    body: Body,
    query: BatchQuery,
    settings: Settings,
    template: TemplateOffer | None = None,
) -> BatchRequest:
    """Parse a batch according to its media type; the default is JSON.

    `template` is the template of a table's rows, or None if it is unknown. For a workbook, `body`
    contains the cells. Raises InvalidJson, RequestError, BatchSizeInvalid or BodyTooLarge.
    """
    outputs = None
    if query.outputs:
        outputs = outputs_in(query.outputs, first_row=query.first_row or 0, frame=query.frame or 0)
    if body.media_type in _JSON_LINES:
        jobs = _read_json_lines(body.content)
        _check_size(len(body.content), outputs, settings)
        sent = _of_rows(jobs, None, query.quality, outputs)
    elif body.is_table:
        table = read_table(_rows(body, settings), query, template, body.files, outputs)
        _check_number_of_rows(table, query.first_row, len(outputs or ()))
        if outputs:
            _check_size(table.size, outputs, settings)
        defaults = JobDefaults(quality=query.quality, outputs=outputs)
        sent = BatchRequest(jobs=table.jobs, defaults=defaults, table=table, outputs=outputs)
    else:
        sent = _read_json(body.content, query.quality, outputs, settings)
    webhook = webhook_at(query.webhook)
    return replace(
        sent,
        concurrency=query.concurrency or sent.concurrency,
        webhook=webhook or sent.webhook,
        name=query.name or sent.name,
        submission=query.submission if sent.table else None,
        first_row=query.first_row or None if sent.table else None,
    )


def webhook_at(url: str | None) -> Webhook | None:
    """Raises RequestError."""
    return as_model({"webhook": {"url": url}}, BatchOptions).webhook if url else None


def _rows(body: Body, settings: Settings) -> Rows:
    if body.is_workbook:
        return workbook_rows(body.content)
    delimiter = "\t" if body.media_type == TABS else None
    return csv_rows(body.content, _LONGEST_CELL * settings.max_job_bytes, delimiter)


def _of_rows(
    rows: Sequence[RawJob],
    fields: Mapping[str, JsonValue] | None,
    quality: str | None,
    outputs: Outputs | None,
) -> BatchRequest:
    """`fields` are the `defaults` of the batch. Raises BatchSizeInvalid."""
    defaults = JobDefaults(fields, quality, outputs)
    if outputs is None:
        return BatchRequest(jobs=rows, defaults=defaults)
    _check_number_of_jobs(len(rows), len(outputs))
    jobs = [row for row in rows for _ in outputs.outputs]
    return BatchRequest(jobs=jobs, defaults=defaults, outputs=outputs)


def _check_size(size: int, outputs: Outputs | None, settings: Settings) -> None:
    """`size` is the size of all rows in bytes. Raises BodyTooLarge."""
    limit = settings.limit_of("body")
    if size * len(outputs or (0,)) > limit.size:
        raise BodyTooLarge(
            "With its `outputs` and `defaults` written out in every job, the batch is larger than "
            f"{limit}: send fewer jobs at a time."
        )


def _read_json(
    body: bytes, quality: str | None, outputs: Outputs | None, settings: Settings
) -> BatchRequest:
    """`outputs` come from the query."""
    try:
        content, split = parse_json(body), None
    except JsonUnreadable:
        rest, texts = split_jobs(body)
        content, split = parse_json(rest), [_read_text(f"Job {i}", t) for i, t in enumerate(texts)]
    if not isinstance(content, dict):
        raise RequestError('The body must be a JSON object: {"jobs": […]}.')
    jobs = _jobs_in({**content, "jobs": split} if split else content)
    for name in ("defaults", "outputs", "webhook"):
        problem = form_problem(content.get(name), settings.max_job_bytes)
        if problem:
            raise error_of([Problem(problem.kind, name, problem.message)])
    options = as_model({name: content[name] for name in content if name != "jobs"}, BatchOptions)
    defaults = options.defaults or {}
    if outputs is None and options.outputs:
        outputs = Outputs(outputs=options.outputs)
    in_each = len(to_json(defaults)) if defaults else 0
    if options.outputs:
        in_each += len(to_json(content["outputs"]))
    _check_size(len(body) + in_each * len(jobs), outputs, settings)
    if options.priority is not None:
        defaults = {"priority": options.priority, **defaults}
    return replace(
        _of_rows(jobs, defaults, quality, outputs),
        concurrency=options.concurrency,
        webhook=options.webhook,
        name=options.name,
    )


def _jobs_in(content: Mapping[str, object]) -> list[RawJob]:
    jobs = content.get("jobs")
    if not isinstance(jobs, list):
        problem = "must be a list" if "jobs" in content else "is required"
        details = [FieldError(field="jobs", message=problem)]
        raise RequestError(f"jobs {problem}.", details=details)
    found = cast("list[RawJob]", jobs)
    _check_number_of_jobs(len(found))
    return found


def _read_json_lines(body: bytes) -> list[RawJob]:
    """The jobs of JSON Lines. Blank lines do not count, and a broken line only affects its job."""
    number_of_jobs = sum(1 for line in io.BytesIO(body) if line.strip())
    _check_number_of_jobs(number_of_jobs)
    lines = enumerate(io.BytesIO(body.removeprefix(_BOM)), start=1)
    return [_read_text(f"Line {number}", line) for number, line in lines if line.strip()]


def _read_text(name: str, text: bytes) -> RawJob:
    try:
        return parse_json(text.rstrip(b"\r\n"), what=name)
    except (InvalidJson, BodyTooLarge) as error:
        return Problem(type(error), "", error.message)


def _check_number_of_jobs(number: int, outputs: int = 1) -> None:
    """`number` is the number of rows, each of which is rendered in this many `outputs`."""
    if not 1 <= number * outputs <= MAX_BATCH_JOBS:
        given = f"{number} in {outputs} outputs, which makes " if outputs > 1 else ""
        message = f"A batch must have 1 to {MAX_BATCH_JOBS} jobs, not {given}{number * outputs}."
        raise BatchSizeInvalid(message, details=[FieldError(field="jobs", message=message)])


def _check_number_of_rows(table: Table, first_row: int | None, outputs: int) -> None:
    number, most = table.number_of_rows, MAX_BATCH_JOBS // (outputs or 1)
    if first_row is None and number > most:
        each = f" in {outputs} outputs each" if outputs else ""
        message = (
            f"A batch must have 1 to {MAX_BATCH_JOBS} jobs, but the table has {number} rows{each}: "
            f"send it several times, with firstRow=0, firstRow={most} and so on."
        )
        raise BatchSizeInvalid(message, details=[FieldError(field="jobs", message=message)])
    if first_row and first_row >= number:
        message = f"The table has {number} rows: there is no row {first_row}, counted from 0."
        raise BatchSizeInvalid(message, details=[FieldError(field="firstRow", message=message)])
    _check_number_of_jobs(len(table.jobs))


class JobDefaults:
    """The `defaults` of a batch, which each of its jobs can override.

    Jobs cannot override `quality` and `outputs`.
    """

    def __init__(
        self,
        fields: Mapping[str, JsonValue] | None = None,
        quality: str | None = None,
        outputs: Outputs | None = None,
    ) -> None:
        self._fields = fields or {}
        self._quality = quality
        self._outputs = outputs
        self._assets = [(asset, _identity(asset)) for asset in _list(self._fields.get("assets"))]

    def merged_into(self, job: RawJob, index: int) -> RawJob:
        """The job at `index` with the defaults and its output.

        A job that is not an object is returned as it is, and gets its own error later.
        """
        if not isinstance(job, dict):
            return job
        merged = self._with_defaults(job)
        if self._outputs:
            merged = self._outputs.merged_into(merged, index)
        settings = merged.get("settings") or {}
        if self._quality and isinstance(settings, dict):
            return {**merged, "settings": {**settings, "quality": self._quality}}
        return merged

    def _with_defaults(self, job: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if not self._fields:
            return job
        merged = {**self._fields, **job}
        for name in _MERGED_KEY_BY_KEY:
            common, own = self._fields.get(name), job.get(name)
            if isinstance(common, dict) and isinstance(own, dict):
                merged[name] = {**common, **own}
        own_assets = job.get("assets")
        if isinstance(own_assets, list):
            merged["assets"] = [*self._remaining_assets(own_assets), *own_assets]
        return merged

    def with_origins(self, problems: list[Problem], job: RawJob, index: int) -> list[Problem]:
        """Mark those of the merged job's problems that come from the defaults or its output."""
        if not isinstance(job, dict):
            return problems
        if self._outputs:
            problems = self._outputs.with_origins(problems, self._with_defaults(job), index)
        if not self._fields:
            return problems
        number_of_assets = len(self._remaining_assets(_list(job.get("assets"))))
        return [
            Problem(problem.kind, problem.field, f"{problem.message} (from `defaults`)")
            if self._has(problem.field.split("."), job, number_of_assets)
            else problem
            for problem in problems
        ]

    def _has(self, path: list[str], job: Mapping[str, JsonValue], number_of_assets: int) -> bool:
        """Return whether the field comes from the defaults, whose assets come first."""
        first, *rest = path
        if first not in job:
            return first in self._fields
        common, own = self._fields.get(first), job[first]
        if first in _MERGED_KEY_BY_KEY and isinstance(common, dict) and isinstance(own, dict):
            return bool(rest) and rest[0] in common and rest[0] not in own
        if first == "assets" and isinstance(own, list) and rest and rest[0].isdecimal():
            return int(rest[0]) < number_of_assets
        return False

    def _remaining_assets(self, own_assets: list[JsonValue]) -> list[JsonValue]:
        """The default assets that none of the job's own assets replaces."""
        replaced = {_identity(asset) for asset in own_assets} - {None}
        return [asset for asset, identity in self._assets if identity not in replaced]


def _identity(asset: JsonValue) -> _Identity | None:
    """The target of an asset; None for something that is not an asset and replaces nothing."""
    if not isinstance(asset, dict):
        return None
    fields = cast("dict[str, JsonValue]", asset)
    params = fields.get("params")
    layers = params.get("layerName") if isinstance(params, dict) else None
    parts = [*(fields.get(name) for name in _IDENTITY), *(_list(layers) or [layers])]
    words = [part for part in parts if part is None or isinstance(part, str)]
    return tuple(words) if len(words) == len(parts) else None


def _list(value: JsonValue) -> list[JsonValue]:
    return cast("list[JsonValue]", value) if isinstance(value, list) else []


def read_job(raw: RawJob, limit: int) -> JobCreation | list[Problem]:
    """The job, or everything in which it violates its schema. `limit` is in bytes."""
    if isinstance(raw, Problem):
        return [raw]
    if not isinstance(raw, dict):
        return [Problem(RequestError, "", "A job must be a JSON object.")]
    problem = form_problem(raw, limit)
    if problem:
        return [problem]
    try:
        return JobCreation.model_validate(raw)
    except ValidationError as error:
        details = field_errors(error, raw)
        return [Problem(RequestError, detail.field, detail.message) for detail in details]


def form_problem(raw: JsonValue, limit: int) -> Problem | None:
    """The reason why no job in this form can be stored and passed on; None if there is none."""
    try:
        text = to_json(raw, inf_nan_mode="constants")
    except ValueError:
        if any(depth > _DEEPEST for depth in _depths(raw)):
            return _too_deep()
        message = "The job contains half of a surrogate pair, which is not valid text."
        return Problem(RequestError, "", message)
    if b"Infinity" in text and not _is_finite(raw):
        return Problem(RequestError, "", "The job contains a number that is too large for JSON.")
    if len(text) > limit:
        message = (
            f"The job has {len(text)} bytes but may have at most {limit} "
            "(REELBATCH_MAX_JOB_BYTES): refer to large media by URL."
        )
        return Problem(JobTooLarge, "", message)
    # Most jobs have fewer lists and objects than may be nested, and need no closer look.
    has_many = text.count(b"{") + text.count(b"[") > _DEEPEST
    if has_many and any(depth > _DEEPEST for depth in _depths(raw)):
        return _too_deep()
    return None


def _is_finite(raw: JsonValue) -> bool:
    try:
        json.dumps(raw, allow_nan=False)
    except ValueError:
        return False
    return True


def _too_deep() -> Problem:
    return Problem(RequestError, "", f"The job is nested more than {_DEEPEST} levels deep.")


def _depths(value: JsonValue) -> Iterator[int]:
    """The depth of every list and object, without recursion, which has its own limit."""
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
