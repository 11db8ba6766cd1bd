"""What can be done with batches."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal, TypeAlias

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
    BatchResult,
    BatchStatusResponse,
)
from reelbatch.models.wire.jobs import JobCreation
from reelbatch.models.wire.tables import CSV, XLSX
from reelbatch.models.wire.webhooks import Webhook

_LONGEST_POLL = 30  # seconds
_AT_ONCE = 0.2  # seconds; a poll that tells nothing new so soon comes from a service that stops
_PAGE = 100
_ALL_REJECTED = 400

AnyJob: TypeAlias = JobCreation | Mapping[str, Any]
AnyWebhook: TypeAlias = Webhook | Mapping[str, Any]
RetryChoice: TypeAlias = Literal["all", "error", "cancelled"]
TableForm: TypeAlias = Literal["csv", "xlsx"]
_TABLES: Mapping[TableForm, str] = {"csv": CSV, "xlsx": XLSX}
ResultsForm: TypeAlias = Literal["json", "ndjson", "csv"]


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
    idempotency_key: str | None = None,
) -> Steps[BatchCreationResponse]:
    """Submit 1 to 1,000 jobs. Some may be rejected: see `creation.errors`.

    All tries send one Idempotency-Key; give your own to be safe against a crash of the calling
    program too. Raises BatchRejected if no job was accepted.
    """
    options = {"concurrency": concurrency, "priority": priority, "webhook": webhook, "name": name}
    body = _body(jobs, defaults, **options)
    return (yield from _submit(session, to_json(body), "application/json", idempotency_key))


def create_from_json(
    session: Session,
    body: str | bytes,
    *,
    name: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[BatchCreationResponse]:
    """As `create`, with the body of POST /batches. `name` counts where the body has none."""
    return (yield from _submit(session, body, "application/json", idempotency_key, {"name": name}))


def create_from_json_lines(
    session: Session,
    lines: str | bytes,
    *,
    name: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[BatchCreationResponse]:
    """As `create`, with a job a line."""
    query = {"name": name}
    return (yield from _submit(session, lines, "application/x-ndjson", idempotency_key, query))


def create_from_table(
    session: Session,
    rows: str | bytes,
    *,
    template: str,
    form: TableForm = "csv",
    composition: str | None = None,
    codec: str | None = None,
    frame: int | None = None,
    mapping: Sequence[str] = (),
    strict: bool = False,
    name: str | None = None,
    output_name: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[BatchCreationResponse]:
    """As `create`, with a job a row; `template` is the id of the template of all rows.

    `form` is csv, also with semicolons or tabs, or xlsx. `mapping` says what columns mean that are
    not called as their layers: `COLUMN=LAYER`. `strict` refuses a column that names no layer,
    which is left out with a warning otherwise. `name` is the batch's; `output_name` makes the
    jobs' names, and so those of their files, of columns: `{first}-{last}`.
    """
    query = {
        "template": template,
        "composition": composition,
        "codec": codec,
        "frame": frame,
        "map": list(mapping) or None,
        "strict": strict or None,
        "name": name,
        "outputName": output_name,
    }
    return (yield from _submit(session, rows, _TABLES[form], idempotency_key, query))


def check_jobs(
    session: Session, jobs: Iterable[AnyJob], *, defaults: Mapping[str, Any] | None = None
) -> Steps[BatchCreationResponse]:
    """What `create` would answer, also if no job is accepted. Nothing is stored or started."""
    request = session.request(
        "POST", "batches", query={"dryRun": True}, body=to_json(_body(jobs, defaults))
    )
    try:
        response = yield from session.send(request)
    except APIError as error:
        if rejection := _rejection(error):
            return rejection.creation
        raise
    return read_model(BatchCreationResponse, response)


def list_batches(session: Session, *, name: str | None = None) -> Flow[BatchListItem]:
    """The team's batches, newest first, or those of a name; pages are read as they are needed."""
    cursor: str | None = None
    while True:
        query = {"limit": _PAGE, "cursor": cursor, "name": name}
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
    batch: BatchRef, only: RetryChoice = "all", *, idempotency_key: str | None = None
) -> Steps[BatchCreationResponse]:
    """Render the jobs that failed or were cancelled again, as a new batch.

    Raises Conflict if there are none, and Gone if their inputs are no longer kept.
    """
    request = batch.session.creation(
        "batches", batch.id, "retry", key=idempotency_key, query={"only": only}
    )
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
    key: str | None,
    query: Mapping[str, object] | None = None,
) -> Steps[BatchCreationResponse]:
    request = session.creation(
        "batches",
        key=key,
        query=query,
        headers={"Content-Type": media_type},
        body=content.encode() if isinstance(content, str) else content,
    )
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
