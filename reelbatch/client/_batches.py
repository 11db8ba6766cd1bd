"""Operations on batches."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from time import monotonic
from typing import Any, Concatenate, Literal, ParamSpec, TypeAlias, TypedDict, Unpack

import httpx
from pydantic import ValidationError

from reelbatch.client._errors import APIError, BatchRejected, WaitTimedOut
from reelbatch.client._session import Session, read_model, read_models, to_json
from reelbatch.client._steps import Emit, Flow, Pause, Request, Steps
from reelbatch.models.wire.batches import (
    BatchCancellationResponse,
    BatchCreationResponse,
    BatchList,
    BatchListItem,
    BatchOutput,
    BatchResult,
    BatchStatusResponse,
)
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.tables import CSV, TABS, XLSX
from reelbatch.models.wire.webhooks import Webhook

_LONGEST_POLL = 30  # seconds
_AT_ONCE = 0.2  # seconds; a poll that returns nothing new this soon is from a stopping service
_PAGE_SIZE = 100
_ALL_REJECTED = 400

P = ParamSpec("P")

AnyJob: TypeAlias = JobCreation | Mapping[str, Any]
AnyOutput: TypeAlias = BatchOutput | Mapping[str, Any]
AnyWebhook: TypeAlias = Webhook | Mapping[str, Any]
RetryChoice: TypeAlias = Literal["all", "error", "cancelled"]
TableForm: TypeAlias = Literal["csv", "tsv", "xlsx"]
_TABLES: Mapping[TableForm, str] = {"csv": CSV, "tsv": TABS, "xlsx": XLSX}
ResultsForm: TypeAlias = Literal["json", "ndjson", "csv"]


class FileOptions(TypedDict, total=False):
    """Options of a batch that is created from a file. They override what the file says.

    Attributes:
        name: A display name of up to 200 characters.
        quality: The quality of all jobs; `draft` renders at half the size.
        concurrency: How many jobs run at the same time, 1 to 1,000; None: the server's limit.
        webhook: The URL that is called when the batch has ended.
        outputs: Up to 20 outputs; each job or row is rendered in all of them.
        idempotency_key: See `create`.
    """

    name: str | None
    quality: Literal["full", "draft"] | None
    concurrency: int | None
    webhook: str | None
    outputs: Sequence[AnyOutput] | None
    idempotency_key: str | None


@dataclass(frozen=True)
class BatchRef:
    """A reference to a batch by its id."""

    session: Session
    id: str


def create_batch(
    session: Session,
    jobs: Iterable[AnyJob],
    *,
    defaults: Mapping[str, Any] | None = None,
    concurrency: int | None = None,
    priority: int | None = None,
    webhook: AnyWebhook | None = None,
    name: str | None = None,
    outputs: Sequence[AnyOutput] | None = None,
    idempotency_key: str | None = None,
) -> Steps[BatchCreationResponse]:
    """Submit a batch of up to 1,000 jobs.

    Single jobs may be rejected: `batch.creation.errors` lists them.

    Args:
        jobs: The jobs, as dictionaries with the fields of `POST /batches` or as `JobCreation`.
        defaults: Fields for all jobs. A job's own fields override them.
        concurrency: How many jobs run at the same time, 1 to 1,000; None: the server's limit.
        priority: The priority of jobs that have none of their own. Higher goes first.
        webhook: The webhook that is called when the batch has ended.
        name: A display name of up to 200 characters.
        outputs: Up to 20 outputs. Each job is rendered in all of them, and each of these counts
            as a job.
        idempotency_key: All attempts send the same key, so that a batch is never created twice. Set
            it yourself to be safe against a crash of your own program as well.

    Raises:
        BatchRejected: No job was accepted.

    Examples:
        ```python
        job = {
            "template": {"id": template.id, "composition": "main"},
            "assets": [{"type": "text", "layerName": "headline", "value": "Hello"}],
        }
        batch = client.batches.create([job], name="spring")
        ```
    """
    options = {
        "concurrency": concurrency,
        "priority": priority,
        "webhook": webhook,
        "name": name,
        "outputs": outputs,
    }
    body = _body(jobs, defaults, **options)
    sent = to_json(body)
    return (yield from _submit(session, sent, "application/json", idempotency_key=idempotency_key))


def create_from_json(
    session: Session, body: str | bytes, **options: Unpack[FileOptions]
) -> Steps[BatchCreationResponse]:
    """Submit the body of `POST /batches`, as JSON.

    Args:
        body: The JSON text.
        **options: Options that override the body.

    Raises:
        BatchRejected: No job was accepted.
    """
    return (yield from _submit(session, body, "application/json", **options))


def create_from_json_lines(
    session: Session, lines: str | bytes, **options: Unpack[FileOptions]
) -> Steps[BatchCreationResponse]:
    """Submit a batch in JSON Lines, with one job per line.

    Args:
        lines: The JSON Lines.
        **options: Options of the batch.

    Raises:
        BatchRejected: No job was accepted.
    """
    return (yield from _submit(session, lines, "application/x-ndjson", **options))


def create_from_table(
    session: Session,
    rows: str | bytes,
    *,
    template: str,
    form: TableForm = "csv",
    composition: str | None = None,
    codec: str | None = None,
    frame: int | None = None,
    poster: bool | float = False,
    autofit: bool = False,
    mapping: Sequence[str] = (),
    strict: bool = False,
    output_name: str | None = None,
    files: Mapping[str, str] | None = None,
    first_row: int | None = None,
    submission: str | None = None,
    **options: Unpack[FileOptions],
) -> Steps[BatchCreationResponse]:
    """Submit a table, with one job per row.

    A table of more than 1,000 rows is submitted in parts: call this again for every 1,000 rows,
    with `first_row` and `submission`.

    Args:
        rows: The content of the table.
        template: The id of the template for all rows.
        form: `csv` (separated by commas, semicolons or tabs), `tsv` (by tabs only) or `xlsx`.
        composition: The composition to render.
        codec: The codec, such as `video_h264_vbr_15mbps` or `image_png`.
        frame: The frame of a still, from 0.
        poster: True adds a still from the middle of each film, a number the one at that many
            seconds.
        autofit: Shrink texts until they fit their boxes.
        mapping: The layers of columns that have different names, as `COLUMN=LAYER`.
        strict: Reject a table with a column that matches no layer, instead of leaving that
            column out with a warning.
        output_name: A pattern for the names of the jobs and their files, such as
            `{first}-{last}`, in which columns are replaced by the cells of each row.
        files: The `src` of each path in cells of pictures, videos and sounds, such as the `src` of
            an upload.
        first_row: The row that the batch begins with, from 0.
        submission: The id of the batch that was created from the table's first part.
        **options: Options of the batch.

    Raises:
        BatchRejected: No row was accepted.

    Examples:
        ```python
        rows = Path("runners.csv").read_bytes()
        batch = client.batches.create_from_table(
            rows, template=template.id, output_name="{number} {label}"
        )
        ```
    """
    query = {
        "template": template,
        "composition": composition,
        "codec": codec,
        "frame": frame,
        "poster": None if poster is False else poster,
        "autofit": autofit or None,
        "map": list(mapping) or None,
        "strict": strict or None,
        "outputName": output_name,
        "firstRow": first_row,
        "submission": submission,
    }
    return (yield from _submit(session, rows, _TABLES[form], query, files, **options))


class _DryRuns(Session):
    """A session in which batches are only validated."""

    def creation(
        self, *path: str, key: str | None, query: Mapping[str, object] | None = None, **parts: Any
    ) -> Request:
        return super().creation(*path, key=key, query={**(query or {}), "dryRun": True}, **parts)


def _checking(
    create: Callable[Concatenate[Session, P], Steps[BatchCreationResponse]], name: str
) -> Callable[Concatenate[Session, P], Steps[BatchCreationResponse]]:
    @wraps(create)
    def check(
        session: Session, /, *args: P.args, **kwargs: P.kwargs
    ) -> Steps[BatchCreationResponse]:
        try:
            return (yield from create(_DryRuns(**vars(session)), *args, **kwargs))
        except BatchRejected as error:
            return error.creation

    check.__doc__ = (
        f"Validate what `{name}` would submit. Nothing is stored or started.\n\n"
        f"The arguments are those of `{name}`, and so is the response, even if no job is accepted."
    )
    return check


check_batch = _checking(create_batch, "create")
check_json = _checking(create_from_json, "create_from_json")
check_json_lines = _checking(create_from_json_lines, "create_from_json_lines")
check_table = _checking(create_from_table, "create_from_table")


class _Previews(Session):
    """A session in which only the first jobs are rendered, as small pictures."""

    def creation(self, *path: str, key: str | None, **parts: Any) -> Request:  # noqa: ARG002
        return super().creation("previews", key=key, **parts)


@wraps(create_from_table, assigned=())
def preview_table(
    session: Session, rows: str | bytes, **options: Any
) -> Steps[BatchCreationResponse]:
    """Render one frame of each of a table's first twelve rows, as small pictures.

    The arguments are those of `create_from_table`. The result is a batch that no list shows and
    that is deleted after a day.
    """
    return (yield from create_from_table(_Previews(**vars(session)), rows, **options))


def list_batches(
    session: Session,
    *,
    name: str | None = None,
    submission: str | None = None,
    schedule: str | None = None,
) -> Flow[BatchListItem]:
    """Iterate over the team's batches, newest first.

    Args:
        name: Only batches with this name.
        submission: Only the batches of one table, whose first batch has this id.
        schedule: Only batches of the schedule with this id.
    """
    cursor: str | None = None
    filters = {"limit": _PAGE_SIZE, "name": name, "submission": submission, "schedule": schedule}
    while True:
        query = {**filters, "cursor": cursor}
        response = yield from session.send(session.request("GET", "batches", query=query))
        page = read_model(BatchList, response)
        for batch in page.batches:
            yield Emit(batch)
        cursor = page.next_cursor
        if cursor is None:
            return


def read_batch(batch: BatchRef) -> Steps[BatchStatusResponse]:
    """Read the batch: its status, its counts and all its jobs."""
    return (yield from _read(batch.session.request("GET", "batches", batch.id), batch.session))


def wait_for_batch(batch: BatchRef, timeout: float | None = None) -> Steps[BatchStatusResponse]:
    """Wait until all jobs have ended. Jobs that failed raise no error.

    It survives a restart of the service that takes up to half a minute.

    Args:
        timeout: Seconds to wait; None: without a limit.

    Raises:
        WaitTimedOut: Some jobs have not ended after `timeout` seconds.
    """
    deadline = math.inf if timeout is None else monotonic() + timeout
    state = yield from read_batch(batch)
    while state.stats.pending:
        started = monotonic()
        if started >= deadline:
            raise WaitTimedOut(
                f"Batch {batch.id} has not ended yet (pending jobs: {state.stats.pending})."
            )
        query = {"wait": math.ceil(min(_LONGEST_POLL, deadline - started))}
        request = batch.session.request("GET", "batches", batch.id, query=query)
        before = state.stats
        state = yield from _read(request, batch.session, batch.session.outage_retries)
        if state.stats == before and monotonic() - started < _AT_ONCE:
            yield Pause(_AT_ONCE)
    return state


def cancel_batch(batch: BatchRef) -> Steps[BatchCancellationResponse]:
    """Cancel all jobs of the batch that have not ended."""
    session = batch.session
    response = yield from session.send(session.request("POST", "batches", batch.id, "cancel"))
    return read_model(BatchCancellationResponse, response)


def retry_batch(
    batch: BatchRef,
    only: RetryChoice = "all",
    *,
    indexes: Sequence[int] = (),
    submission: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[BatchCreationResponse]:
    """Render jobs that failed or were cancelled again, as a new batch.

    Args:
        only: `error` retries only jobs that failed, `cancelled` only those that were cancelled.
        indexes: Retry only the jobs with these indexes, from 0.
        submission: If several batches of one table are retried, the id of the first new batch.
        idempotency_key: See `batches.create`.

    Raises:
        Conflict: There is no such job to retry.
        Gone: The inputs of the jobs are no longer stored.
    """
    query = {"only": only, "index": list(indexes) or None, "submission": submission}
    request = batch.session.creation("batches", batch.id, "retry", key=idempotency_key, query=query)
    return read_model(BatchCreationResponse, (yield from batch.session.send(request)))


def read_results(batch: BatchRef) -> Steps[list[BatchResult]]:
    """Read the result of each job, rejected ones included, in the order of the request."""
    request = batch.session.request("GET", "batches", batch.id, "results")
    return read_models(BatchResult, (yield from batch.session.send(request)))


def export_results(batch: BatchRef, form: ResultsForm) -> Steps[str]:
    """Read the results as text.

    Args:
        form: `json`, `ndjson` (JSON Lines) or `csv`.
    """
    query = {"format": form}
    request = batch.session.request("GET", "batches", batch.id, "results", query=query)
    response: httpx.Response = yield from batch.session.send(request)
    return response.content.decode()


def _body(
    jobs: Iterable[AnyJob], defaults: Mapping[str, Any] | None, **options: object
) -> dict[str, Any]:
    given = {"defaults": defaults, **options}
    return {name: value for name, value in given.items() if value is not None} | {
        "jobs": list(jobs)
    }


def _submit(
    session: Session,
    content: str | bytes,
    media_type: str,
    query: Mapping[str, object] | None = None,
    files: Mapping[str, str] | None = None,
    *,
    idempotency_key: str | None = None,
    outputs: object = None,
    **options: object,
) -> Steps[BatchCreationResponse]:
    """Submit a body; `outputs`, `options` and `query` go into the query."""
    options["outputs"] = None if outputs is None else to_json(outputs).decode()
    body = content.encode() if isinstance(content, str) else content
    request = session.creation(
        "batches",
        key=idempotency_key,
        query={**(query or {}), **options},
        headers={"Content-Type": media_type},
        body=body,
    )
    if files:
        form = {"files": to_json(files).decode()}
        table = {"table": ("table", body, media_type)}
        request = replace(request, content=None, files=table, form=form)
    try:
        response = yield from session.send(request)
    except APIError as error:
        raise _rejection(error) or error from error
    return read_model(BatchCreationResponse, response)


def _rejection(error: APIError) -> BatchRejected | None:
    """The error as the rejection of every single job, if it is one."""
    if error.status != _ALL_REJECTED:
        return None
    try:
        creation = BatchCreationResponse.model_validate_json(error.content, extra="ignore")
    except ValidationError:
        return None
    return BatchRejected(creation, error.request_id) if creation.errors else None


def _read(
    request: Request, session: Session, max_retries: int | None = None
) -> Steps[BatchStatusResponse]:
    return read_model(BatchStatusResponse, (yield from session.send(request, max_retries)))
