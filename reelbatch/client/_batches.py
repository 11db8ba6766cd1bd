"""What can be done with batches."""

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
_AT_ONCE = 0.2  # seconds; a poll that tells nothing new so soon comes from a service that stops
_PAGE = 100
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
    """What can be said of a batch besides its file: it wins over what the file says."""

    name: str | None  # what people call it
    quality: Literal["full", "draft"] | None  # of all jobs
    concurrency: int | None  # how many jobs are under way at a time
    webhook: str | None  # the URL that is called at the batch's end
    outputs: Sequence[AnyOutput] | None  # that each job, or row, is rendered in
    idempotency_key: str | None


@dataclass(frozen=True)
class BatchRef:
    """A batch of which nothing but the id has to be known."""

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
    """Submit 1 to 1,000 jobs. Some may be rejected: see `creation.errors`. With `outputs` each is
    rendered in all of them, and these are so many jobs.

    All tries send one Idempotency-Key; give your own to be safe against a crash of the calling
    program too. Raises BatchRejected if no job was accepted.
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
    """As `create`, with the body of POST /batches."""
    return (yield from _submit(session, body, "application/json", **options))


def create_from_json_lines(
    session: Session, lines: str | bytes, **options: Unpack[FileOptions]
) -> Steps[BatchCreationResponse]:
    """As `create`, with a job a line."""
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
    """As `create`, with a job a row; `template` is the id of the template of all rows.

    `form` is csv, also with semicolons or tabs; tsv, in which only tabs part cells; or xlsx.
    `poster` gives a still beside each film: of its middle, or of a moment in seconds.
    `autofit` shrinks texts until they fit their boxes.
    `mapping` says what columns mean that are not called as their layers: `COLUMN=LAYER`. `strict`
    refuses a column that names no layer, which is left out with a warning otherwise. `output_name`
    makes the jobs' names, and so those of their files, of columns: `{first}-{last}`. `files` has
    the `src` of each path in the cells of pictures, videos and sounds, such as that of an upload.
    Of a table of more than 1,000 rows `first_row` says where the batch begins, from 0, and
    `submission` is the id of the batch of its first part.
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
    """A session in which what would be made is only validated."""

    def creation(
        self, *path: str, key: str | None, query: Mapping[str, object] | None = None, **parts: Any
    ) -> Request:
        return super().creation(*path, key=key, query={**(query or {}), "dryRun": True}, **parts)


def _checking(
    create: Callable[Concatenate[Session, P], Steps[BatchCreationResponse]],
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
        f"What `{create.__name__}` would answer, also if no job is accepted. Nothing is stored or "
        "started."
    )
    return check


check_batch = _checking(create_batch)
check_json = _checking(create_from_json)
check_json_lines = _checking(create_from_json_lines)
check_table = _checking(create_from_table)


class _Previews(Session):
    """A session in which only the first jobs are rendered, as pictures."""

    def creation(self, *path: str, key: str | None, **parts: Any) -> Request:  # noqa: ARG002
        return super().creation("previews", key=key, **parts)


@wraps(create_from_table)
def preview_table(
    session: Session, rows: str | bytes, **options: Any
) -> Steps[BatchCreationResponse]:
    """One frame of each of the first twelve rows of what `create_from_table` would make: a batch of
    small pictures, which is not listed and is removed after a day."""
    return (yield from create_from_table(_Previews(**vars(session)), rows, **options))


def list_batches(
    session: Session,
    *,
    name: str | None = None,
    submission: str | None = None,
    schedule: str | None = None,
) -> Flow[BatchListItem]:
    """The team's batches, newest first, or those of a name, of the table whose first batch is
    `submission`, or of the schedule of this id; pages are read as they are needed.
    """
    cursor: str | None = None
    asked = {"limit": _PAGE, "name": name, "submission": submission, "schedule": schedule}
    while True:
        query = {**asked, "cursor": cursor}
        response = yield from session.send(session.request("GET", "batches", query=query))
        page = read_model(BatchList, response)
        for batch in page.batches:
            yield Emit(batch)
        cursor = page.next_cursor
        if cursor is None:
            return


def read_batch(batch: BatchRef) -> Steps[BatchStatusResponse]:
    """Its status, its counts and all of its jobs."""
    return (yield from _read(batch.session.request("GET", "batches", batch.id), batch.session))


def wait_for_batch(batch: BatchRef, timeout: float | None = None) -> Steps[BatchStatusResponse]:
    """The batch once nothing is pending. `timeout` is in seconds.

    A restart of the service in between is waited out. Raises WaitTimedOut.
    """
    deadline = math.inf if timeout is None else monotonic() + timeout
    state = yield from read_batch(batch)
    while state.stats.pending:
        started = monotonic()
        if started >= deadline:
            raise WaitTimedOut(f"{state.stats.pending} jobs of batch {batch.id} are still pending.")
        query = {"wait": math.ceil(min(_LONGEST_POLL, deadline - started))}
        request = batch.session.request("GET", "batches", batch.id, query=query)
        before = state.stats
        state = yield from _read(request, batch.session, batch.session.outage_retries)
        if state.stats == before and monotonic() - started < _AT_ONCE:
            yield Pause(_AT_ONCE)
    return state


def cancel_batch(batch: BatchRef) -> Steps[BatchCancellationResponse]:
    """Cancel all of its jobs that have not ended."""
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
    """Render the jobs that failed or were cancelled again, as a new batch; with `indexes` these of
    them alone. `submission` is the first new batch, where several batches of one table are retried.

    Raises Conflict if there are none, and Gone if their inputs are no longer kept.
    """
    query = {"only": only, "index": list(indexes) or None, "submission": submission}
    request = batch.session.creation("batches", batch.id, "retry", key=idempotency_key, query=query)
    return read_model(BatchCreationResponse, (yield from batch.session.send(request)))


def read_results(batch: BatchRef) -> Steps[list[BatchResult]]:
    """What came of each job of the request, rejected ones too, in its order."""
    request = batch.session.request("GET", "batches", batch.id, "results")
    return read_models(BatchResult, (yield from batch.session.send(request)))


def export_results(batch: BatchRef, form: ResultsForm) -> Steps[str]:
    """The results as the service writes them: JSON, JSON Lines, or a table in CSV."""
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
    """`outputs`, `options` and `query` go into the query."""
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
    """The error as an answer about every single job, if it is one."""
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
