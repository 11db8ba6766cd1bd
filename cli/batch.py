"""A batch from the command line: sent from a file, followed, and its outputs fetched."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from urllib.parse import urlsplit

from pydantic import JsonValue
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.client import ApiClient
from cli.console import CommandFailed, err, say
from cli.templates import fill_in_template_ids, has_placeholders
from models.batches import BatchJob, BatchStats, BatchStatusResponse
from models.jobs import JobError, JobStatus

_POLL_INTERVAL = 0.5  # seconds


def read_request(client: ApiClient, file: Path) -> JsonValue:
    """The body of POST /batches: the file's, where a list of jobs or a single job will do too.

    Raises CommandFailed if the file is not JSON or names a template that does not exist.
    """
    try:
        text = file.read_text()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from error
    if has_placeholders(text):
        text = fill_in_template_ids(text, client.templates())
    try:
        request: JsonValue = json.loads(text)
    except ValueError as error:
        raise CommandFailed(f"{file} is not JSON: {error}.") from error
    if isinstance(request, list):
        return {"jobs": request}
    if isinstance(request, dict) and "jobs" not in request and "template" in request:
        return {"jobs": [request]}
    return request


def watch_batch(client: ApiClient, batch_id: str) -> BatchStatusResponse:
    """Show the batch's progress until it has ended, and return its end."""
    if err.is_terminal:
        return _watch_in_a_bar(client, batch_id)
    seen: BatchStats | None = None
    while True:
        batch = client.batch(batch_id)
        if batch.stats != seen:
            seen = batch.stats
            say(f"{_done(batch.stats)} of {batch.stats.total} jobs done: {_counts(batch.stats)}")
        if batch.stats.pending == 0:
            return batch
        time.sleep(_POLL_INTERVAL)


def results_table(
    jobs: Sequence[BatchJob],
    rejected: Sequence[JobError] = (),
    files: Mapping[int, Path] = MappingProxyType({}),
) -> Table:
    """One row a job by its index in the request; what was not accepted has its reason.

    `files` are the downloaded outputs by their jobs' indexes.
    """
    rows = [(job.index, _word(job.status), _outcome(job, files.get(job.index))) for job in jobs]
    rows += [(job.index, Text("rejected", style="yellow"), _reasons(job)) for job in rejected]
    table = Table("index", "status", "output or error")
    table.columns[0].justify = "right"
    for index, status, outcome in sorted(rows, key=lambda row: row[0]):
        table.add_row(str(index), status, Text(outcome))
    return table


def failed_jobs(batch: BatchStatusResponse) -> list[BatchJob]:
    return [job for job in batch.jobs if job.status in (JobStatus.ERROR, JobStatus.CANCELLED)]


def download_outputs(
    client: ApiClient, batch: BatchStatusResponse, folder: Path
) -> Iterator[tuple[BatchJob, Path]]:
    """Fetch what is finished, each output under its job's index: `007.mp4`."""
    folder.mkdir(parents=True, exist_ok=True)
    for job in batch.jobs:
        if job.status is JobStatus.FINISHED:
            file = folder / f"{job.index:03d}{_suffix(job.output_url)}"
            client.download(job.output_url, file)
            yield job, file


def _watch_in_a_bar(client: ApiClient, batch_id: str) -> BatchStatusResponse:
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("rendering", total=None, counts="")
        while True:
            batch = client.batch(batch_id)
            stats = batch.stats
            counts = _counts(stats)
            progress.update(task, total=stats.total, completed=_done(stats), counts=counts)
            if stats.pending == 0:
                return batch
            time.sleep(_POLL_INTERVAL)


def _done(stats: BatchStats) -> int:
    return stats.total - stats.pending


def _counts(stats: BatchStats) -> str:
    return f"{stats.finished} finished, {stats.error} error, {stats.pending} pending"


def _word(status: JobStatus) -> Text:
    styles = {JobStatus.FINISHED: "green", JobStatus.ERROR: "red", JobStatus.CANCELLED: "yellow"}
    return Text(status, style=styles.get(status, ""))


def _outcome(job: BatchJob, file: Path | None) -> str:
    if job.status is JobStatus.FINISHED:
        return str(file or urlsplit(job.output_url)._replace(query="").geturl())
    return f"{job.error_code}: {job.error}" if job.error else ""


def _reasons(job: JobError) -> str:
    """`error` tells the first problem already."""
    others = "".join(f"\n{detail.field}: {detail.message}" for detail in job.details[1:])
    return f"{job.error_code}: {job.error}{others}"


def _suffix(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).suffix
