"""What can be done with batches."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import typer

from reelbatch.cli.commands.open_page import page_url, show_page
from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import (
    CommandFailed,
    Interrupted,
    answer,
    listing,
    out,
    print_json,
    print_table,
    say,
)
from reelbatch.cli.exit_codes import ExitCode
from reelbatch.cli.followed_batch import (
    columns_table,
    download_outputs,
    failed_jobs,
    rejections_table,
    results_table,
    say_warnings,
    say_warnings_of_table,
    table_of_results,
    watch_batch,
)
from reelbatch.cli.options import BatchArgument, JsonOption
from reelbatch.cli.request_files import FileForm, RowOptions, check_file, submit_file
from reelbatch.client import (
    Batch,
    BatchCreationResponse,
    BatchRejected,
    BatchStats,
    FileOptions,
    JobCreated,
    Reelbatch,
    ResultsForm,
    RetryChoice,
    SubmittedBatch,
)
from reelbatch.models.wire.base import rfc3339

WaitOption = Annotated[bool, typer.Option("--wait", help="Follow the batch to its end.")]
KeyOption = Annotated[
    str | None,
    typer.Option(help="Makes a repetition safe: the same key never makes a second batch."),
]


@with_client
def submit(
    client: Reelbatch,
    file: Annotated[
        Path, typer.Argument(help="JSON, JSON Lines, CSV or XLSX; - is standard input.")
    ],
    *,
    wait: WaitOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made, and make nothing.")
    ] = False,
    form: Annotated[
        FileForm | None, typer.Option("--format", help="Of the file; by its name if left out.")
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Of a table's rows: a template's id or name.")
    ] = None,
    composition: Annotated[str | None, typer.Option(help="Of a table's rows.")] = None,
    codec: Annotated[str | None, typer.Option(help="Of a table's rows.")] = None,
    frame: Annotated[int | None, typer.Option(help="Of a table's rows, for stills.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a column that names no layer.")
    ] = False,
    opened: Annotated[
        bool, typer.Option("--open", help="Open the batch's page in the browser.")
    ] = False,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=LAYER", help="What a column of a table means."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What you call the batch.")] = None,
    output_name: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN", help="The files' names, of a table's columns: {first}-{last}."
        ),
    ] = None,
    quality: Annotated[
        Literal["full", "draft"] | None, typer.Option(help="Of all jobs; draft is half the size.")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Jobs under way at a time.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="Called at the batch's end.")
    ] = None,
    idempotency_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a batch. In JSON `{{name}}` becomes the id of the template of that name.

    JSON: a batch, a list of jobs, or one job. JSON Lines: a job a line. CSV and XLSX: a job a
    row, whose columns are layers. Options win over what the file says.
    """
    if dry_run and (wait or opened):
        words = "--dry-run makes no batch: leave out --wait and --open."
        raise CommandFailed(words, ExitCode.USAGE, "USAGE")
    rows = RowOptions(
        template=template,
        composition=composition,
        codec=codec,
        frame=frame,
        strict=strict,
        mapping=tuple(mapping or ()),
        output_name=output_name,
    )
    options = FileOptions(
        name=name,
        quality=quality,
        concurrency=concurrency,
        webhook=webhook,
        idempotency_key=idempotency_key,
    )
    if dry_run:
        _show_checked(check_file(client, file, form, rows, **options), as_json=as_json)
        return
    try:
        batch = submit_file(client, file, form, rows, **options)
    except BatchRejected as error:
        answer(error.creation, rejections_table(error.rejected), as_json=as_json)
        if not as_json:
            say_warnings_of_table(error.creation)
        raise CommandFailed(
            f"Every job was rejected; batch {error.creation.batch_id} keeps the reasons.",
            ExitCode.JOBS_FAILED,
            "JOBS_REJECTED",
        ) from error
    if opened:
        url = page_url(client, batch.id)
        say(url)
        show_page(url)
    _show_submitted(batch, wait=wait, as_json=as_json)


@with_client
def watch(client: Reelbatch, batch: BatchArgument, *, as_json: JsonOption = False) -> None:
    """Follow a batch to its end."""
    _follow(client.batches.of(batch), as_json=as_json)


@with_client
def cancel(client: Reelbatch, batch: BatchArgument, *, as_json: JsonOption = False) -> None:
    """Cancel what is left of a batch."""
    done = client.batches.of(batch).cancel()
    words = f"{done.cancelled_count} jobs cancelled, {done.skipped_count} had ended before"
    answer(done, f"{done.status}: {words}", as_json=as_json)


@with_client
def retry(
    client: Reelbatch,
    batch: BatchArgument,
    *,
    only: Annotated[RetryChoice, typer.Option(help="Which of them.")] = "all",
    wait: WaitOption = False,
    idempotency_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Render the jobs that failed or were cancelled again, as a new batch."""
    again = client.batches.of(batch).retry(only, idempotency_key=idempotency_key)
    _show_submitted(again, wait=wait, as_json=as_json)


@with_client
def results(
    client: Reelbatch,
    batch: BatchArgument,
    *,
    form: Annotated[
        ResultsForm | None, typer.Option("--format", help="A table for people if left out.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="A file instead of the terminal.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what came of each job, rejected ones too: status, output, size, error."""
    chosen = client.batches.of(batch)
    form = form or ("json" if as_json or output else None)
    if form is None:
        found = chosen.results()
        print_table(table_of_results(found))
        say_warnings(found)
        return
    text = chosen.export_results(form)
    if output is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    output.write_text(text, encoding="utf-8", newline="")
    answer({"file": str(output)}, f"results in {output}", as_json=as_json)


@with_client
def download(
    client: Reelbatch,
    batch: BatchArgument,
    *,
    output: Annotated[
        Path | None, typer.Option(help="A folder; the batch's id if left out.")
    ] = None,
    archive: Annotated[
        Path | None, typer.Option("--zip", help="One ZIP file instead of a folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the outputs that are finished, each named as its job, else by its index.

    What is there already is not fetched again, and what broke off goes on where it was.
    """
    chosen = client.batches.of(batch)
    if archive is not None:
        chosen.archive(archive)
        answer({"file": str(archive)}, f"all outputs in {archive}", as_json=as_json)
        return
    folder = output or Path(batch)
    files = download_outputs(chosen, folder)
    pending = chosen.read().stats.pending
    listed = [
        {"index": found.job.index, "id": found.job.id, "file": str(found.file)} for found in files
    ]
    there = sum(found.was_there for found in files)
    note = f", {there} of them from before" if there else ""
    words = f"{len(files)} files in {folder}{note}"
    answer({"files": listed, "pending": pending}, words, as_json=as_json)
    if pending and not as_json:
        say(f"{pending} jobs are not done yet; run this again later.")


@with_client
def batches(
    client: Reelbatch,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    name: Annotated[str | None, typer.Option(help="Only batches of this name.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the team's batches, newest first."""
    found = list(islice(client.batches.list(name=name), limit))
    rows = [
        (
            batch.batch_id,
            batch.name or "",
            batch.status,
            rfc3339(batch.created_at),
            *_counts(batch.stats),
        )
        for batch in found
    ]
    table = listing(rows, "id", "name", "status", "created", "jobs", "finished", "error", "pending")
    answer(found, table, as_json=as_json)


def _counts(stats: BatchStats) -> Iterator[str]:
    return map(str, (stats.total, stats.finished, stats.error, stats.pending))


def _show_checked(checked: BatchCreationResponse, *, as_json: bool) -> None:
    if as_json:
        print_json(checked)
    else:
        if checked.columns:
            print_table(columns_table(checked.columns))
        _show_creation(checked, "dry run", "would be accepted")
    if checked.errors:
        words = f"{len(checked.errors)} jobs would be rejected."
        raise CommandFailed(words, ExitCode.JOBS_FAILED, "JOBS_REJECTED")


def _show_submitted(batch: SubmittedBatch, *, wait: bool, as_json: bool) -> None:
    created = batch.creation
    rejected = created.errors or []
    if not as_json:
        _show_creation(created, f"batch {batch.id}", "accepted")
    elif not wait:
        print_json(created)
    if wait:
        _follow(batch, as_json=as_json, told=created.jobs)
    elif rejected:
        raise CommandFailed(
            f"{len(rejected)} jobs were rejected.", ExitCode.JOBS_FAILED, "JOBS_REJECTED"
        )


def _show_creation(created: BatchCreationResponse, what: str, accepted: str) -> None:
    out.print(f"{what}: {created.success_count} of {created.total_jobs} jobs {accepted}")
    if created.errors:
        print_table(rejections_table(created.errors))
    say_warnings_of_table(created)
    say_warnings(created.jobs)


def _follow(batch: Batch, *, as_json: bool, told: Sequence[JobCreated] = ()) -> None:
    """`told` are the jobs whose warnings have been shown."""
    try:
        ended = batch.wait() if as_json else watch_batch(batch)
    except KeyboardInterrupt:
        words = (
            f"Batch {batch.id} goes on. `reelbatch watch {batch.id}` follows it again, "
            f"`reelbatch cancel {batch.id}` cancels it."
        )
        raise Interrupted(words) from None
    failed, rejected = failed_jobs(ended), ended.errors or []
    words = f"{ended.stats.finished} of {ended.stats.total} jobs finished"
    answer(ended, f"{ended.status}: {words}", as_json=as_json)
    if failed and not as_json:
        print_table(results_table(failed))
    if not as_json:
        say_warnings(ended.jobs, told)
    problems = [f"{len(failed)} jobs have no output"] if failed else []
    problems += [f"{len(rejected)} jobs were rejected"] if rejected else []
    if problems:
        raise CommandFailed(f"{' and '.join(problems)}.", ExitCode.JOBS_FAILED, "JOBS_FAILED")
