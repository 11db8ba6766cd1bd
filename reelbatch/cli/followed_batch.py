"""Following a batch on the command line: its progress, results, warnings and downloads."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from urllib.parse import urlsplit

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from reelbatch.cli.console import err, listing, say, say_warning
from reelbatch.client import (
    Batch,
    BatchCreationResponse,
    BatchJob,
    BatchResult,
    BatchStats,
    BatchStatusResponse,
    DownloadedOutput,
    JobCreated,
    JobError,
    JobStatus,
    StatsChanged,
    TableColumn,
)

_PACE_WINDOW = 60.0  # seconds
_INDEXES_SHOWN = 10  # of the jobs that share a warning
_Warned = BatchJob | BatchResult | JobCreated

_FAILED = (JobStatus.ERROR, JobStatus.CANCELLED)
_STYLES = {
    "finished": "green",
    "error": "red",
    "manually_cancelled": "yellow",
    "rejected": "yellow",
}


def watch_batch(batch: Batch, what: str = "rendering") -> BatchStatusResponse:
    """Show the batch's progress until it has ended, and return its final state."""
    pace = Pace()
    with _progress(what) as show:
        for event in batch.events():
            if isinstance(event, StatsChanged):
                stats = event.stats
                pace.note(_done(stats), monotonic())
                words = ", ".join(filter(None, (_counts(stats), pace.words(stats.pending))))
                show(_done(stats), stats.total, words)
    return batch.read()


class Pace:
    """A batch's speed and remaining time, estimated from its last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, done: int, now: float) -> None:
        """Record that `done` jobs have ended at the time `now`, in seconds."""
        self._seen.append((now, done))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _PACE_WINDOW:
            self._seen.popleft()

    def words(self, pending: int) -> str:
        """The estimate for `pending` jobs; empty while there is nothing to estimate from."""
        (begin, before), (now, done) = self._seen[0], self._seen[-1]
        if not pending or done <= before or now <= begin:
            return ""
        rate = (done - before) / (now - begin)
        return f"{_rate(rate)}, about {_duration(max(1, round(pending / rate)))} left"


def _rate(per_second: float) -> str:
    if per_second >= 1:
        return f"{per_second:.1f} a second"
    return (
        f"{60 * per_second:.0f} a minute"
        if per_second >= 1 / 60
        else f"{3600 * per_second:.0f} an hour"
    )


def _duration(seconds: int) -> str:
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def download_outputs(outputs: Iterable[DownloadedOutput], total: int) -> list[DownloadedOutput]:
    """Download `outputs`, of which there are about `total`."""
    if not err.is_terminal:
        return list(outputs)
    downloaded: list[DownloadedOutput] = []
    with _progress("downloading") as show:
        for output in outputs:
            downloaded.append(output)
            show(len(downloaded), max(total, len(downloaded)), output.file.name)
    return downloaded


def jobs_table(
    jobs: Sequence[BatchJob],
    rejected: Sequence[JobError] = (),
    files: Mapping[int, Path] = MappingProxyType({}),
) -> Table:
    """One row for each job by its index in the request; rejected jobs show their reason.

    `files` are the downloaded outputs by the index of their job.
    """
    rows = [
        (job.index, job.name or "", _word(job.status), _outcome(job, files.get(job.index)))
        for job in jobs
    ]
    rows += [(job.index, "", _word("rejected"), _reasons(job)) for job in rejected]
    return _table(rows)


def rejections_table(rejected: Sequence[JobError]) -> Table:
    """A row for each reason, with the lines or indexes of the jobs that it applies to."""
    jobs_by_reason: dict[str, list[JobError]] = {}
    for job in rejected:
        jobs_by_reason.setdefault(_reasons(job), []).append(job)
    rows = [(_places(jobs), reasons) for reasons, jobs in jobs_by_reason.items()]
    return listing(rows, "rejected", "error")


def columns_table(columns: Sequence[TableColumn]) -> Table:
    rows = [(column.name, column.means or "", column.reason or "") for column in columns]
    return listing(rows, "column", "means", "note")


def _places(jobs: Sequence[JobError]) -> str:
    """Return `3 rows: lines 2, 5, 9`, each line once, or indexes for jobs without a table."""
    in_table = jobs[0].line is not None
    row, place = ("row", "line") if in_table else ("job", "index")
    places = [*dict.fromkeys(str(job.line if in_table else job.index) for job in jobs)]
    if len(places) == 1:
        return f"{place} {places[0]}"
    plural = "lines" if in_table else "indexes"
    return f"{len(places)} {row}s: {plural} {_first_few(places)}"


def _first_few(places: Sequence[str]) -> str:
    more = f" and {len(places) - _INDEXES_SHOWN} more" if len(places) > _INDEXES_SHOWN else ""
    return f"{', '.join(places[:_INDEXES_SHOWN])}{more}"


def results_table(results: Sequence[BatchResult]) -> Table:
    return _table(
        [
            (result.index, result.name or "", _word(result.status), _end(result))
            for result in results
        ]
    )


def say_warnings(jobs: Iterable[_Warned], already_shown: Iterable[_Warned] = ()) -> None:
    """Print each warning with the indexes of its jobs, without those of `already_shown`."""
    indexes: dict[str, list[str]] = {}
    before = set(_by_index(already_shown))
    for index, warning in filter(lambda each: each not in before, _by_index(jobs)):
        indexes.setdefault(warning, []).append(str(index))
    for message, places in indexes.items():
        noun = "job" if len(places) == 1 else "jobs"
        say_warning(f"{noun} {_first_few(places)}: {message}")


def say_warnings_of_table(creation: BatchCreationResponse) -> None:
    for warning in creation.warnings:
        say_warning(warning.message)


def _by_index(jobs: Iterable[_Warned]) -> Iterator[tuple[int, str]]:
    return ((job.index, str(warning)) for job in jobs for warning in job.warnings)


def failed_jobs(batch: BatchStatusResponse) -> list[BatchJob]:
    return [job for job in batch.jobs if job.status in _FAILED]


@contextmanager
def _progress(what: str) -> Generator[Callable[[int, int, str], None]]:
    """Yields a function of (done, total, text) that updates a bar, or without a terminal prints."""
    if not err.is_terminal:
        yield lambda done, total, words: say(f"{done} of {total} jobs done: {words}")
        return
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[words]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(what, total=None, words="")
        yield lambda done, total, words: progress.update(
            task, total=total, completed=done, words=words
        )


def _done(stats: BatchStats) -> int:
    return stats.total - stats.pending


def _counts(stats: BatchStats) -> str:
    return f"{stats.finished} finished, {stats.error} error, {stats.pending} pending"


def _table(rows: Sequence[tuple[int, str, Text, str]]) -> Table:
    cells = [
        (str(index), name, status, outcome)
        for index, name, status, outcome in sorted(rows, key=lambda row: row[0])
    ]
    table = listing(cells, "index", "name", "status", "output or error")
    table.columns[0].justify = "right"
    return table


def _word(status: str) -> Text:
    return Text(status, style=_STYLES.get(status, ""))


def _outcome(job: BatchJob, file: Path | None) -> str:
    if job.status is JobStatus.FINISHED:
        return str(file or _without_query(job.output_url))
    return f"{job.error_code}: {job.error}" if job.error else ""


def _end(result: BatchResult) -> str:
    if result.output_url:
        return _without_query(result.output_url)
    return f"{result.error_code}: {result.error}" if result.error else ""


def _reasons(job: JobError) -> str:
    """The job's error and its further details; `error` already states the first one."""
    others = "".join(f"\n{detail.field}: {detail.message}" for detail in job.details[1:])
    return f"{job.error_code}: {job.error}{others}"


def _without_query(url: str) -> str:
    return urlsplit(url)._replace(query="").geturl()
