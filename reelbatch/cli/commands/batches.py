"""The commands for batches, such as `reelbatch submit` and `reelbatch watch`."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from reelbatch.cli.commands.open_page import page_url, show_page
from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import (
    CommandFailed,
    Interrupted,
    count_of,
    listing,
    out,
    print_json,
    print_result,
    print_table,
    say,
    say_error,
)
from reelbatch.cli.exit_codes import ExitCode
from reelbatch.cli.followed_batch import (
    columns_table,
    download_outputs,
    failed_jobs,
    jobs_table,
    rejections_table,
    results_table,
    say_warnings,
    say_warnings_of_table,
    watch_batch,
)
from reelbatch.cli.options import (
    AutofitOption,
    BatchArgument,
    CodecOption,
    CompositionOption,
    ConcurrencyOption,
    FrameOption,
    JsonOption,
    MappingOption,
    OutputNameOption,
    PosterOption,
    QualityOption,
    StrictOption,
    WebhookOption,
)
from reelbatch.cli.request_files import (
    FileForm,
    RowOptions,
    check_file,
    preview_file,
    read_outputs,
    submit_file,
)
from reelbatch.cli.table_parts import (
    Part,
    downloads,
    exported_results,
    numbered_files,
    parts_of,
    parts_with_indexes,
    submitted_parts,
)
from reelbatch.client import (
    BatchCreationResponse,
    BatchRejected,
    BatchStats,
    BatchStatusResponse,
    Conflict,
    FileOptions,
    JobCreated,
    Reelbatch,
    ResultsForm,
    RetryChoice,
    SubmittedBatch,
)
from reelbatch.models.wire.base import rfc3339

T = TypeVar("T")

WaitOption = Annotated[bool, typer.Option("--wait", help="Follow the batch until it has ended.")]
KeyOption = Annotated[
    str | None,
    typer.Option(help="Makes retries safe: the same key never creates a second batch."),
]


@with_client
def submit(
    client: Reelbatch,
    file: Annotated[
        Path, typer.Argument(help="JSON, JSON Lines, CSV or XLSX; - reads standard input.")
    ],
    *,
    wait: WaitOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be created, without creating it.")
    ] = False,
    preview: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Only draw a table's first rows into FOLDER."),
    ] = None,
    form: Annotated[
        FileForm | None,
        typer.Option("--format", help="The file's format. Default: from its name."),
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Template of a table's rows, by id or name.")
    ] = None,
    composition: CompositionOption = None,
    codec: CodecOption = None,
    frame: FrameOption = None,
    poster: PosterOption = False,
    autofit: AutofitOption = False,
    strict: StrictOption = False,
    opened: Annotated[
        bool, typer.Option("--open", help="Open the batch's page in the browser.")
    ] = False,
    mapping: MappingOption = None,
    name: Annotated[str | None, typer.Option(help="A name for the batch.")] = None,
    outputs: Annotated[
        Path | None,
        typer.Option(help="A JSON list of compositions and settings to render each job in."),
    ] = None,
    output_name: OutputNameOption = None,
    quality: QualityOption = None,
    concurrency: ConcurrencyOption = None,
    webhook: WebhookOption = None,
    idempotency_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Submit a batch from a file.

    JSON: a batch, a list of jobs, or one job. JSON Lines: one job per line. CSV and XLSX: one job
    per row, with layers as columns. In JSON, `{{name}}` becomes the id of the template with that
    name. Options override the file.
    """
    if (dry_run or preview) and (wait or opened or (dry_run and preview)):
        words = (
            "--dry-run and --preview create no batch: use one of them, without --wait and --open."
        )
        raise CommandFailed(words, ExitCode.USAGE, "USAGE")
    rows = RowOptions(
        template=template,
        composition=composition,
        codec=codec,
        frame=frame,
        poster=poster,
        autofit=autofit,
        strict=strict,
        mapping=tuple(mapping or ()),
        output_name=output_name,
    )
    options = FileOptions(
        name=name,
        quality=quality,
        concurrency=concurrency,
        webhook=webhook,
        outputs=read_outputs(outputs) if outputs else None,
        idempotency_key=idempotency_key,
    )
    if dry_run:
        _show_checked(check_file(client, file, form, rows, **options), as_json=as_json)
        return
    try:
        if preview:
            _show_previews(preview_file(client, file, form, rows, **options), preview, as_json)
            return
        sent = submit_file(client, file, form, rows, **options)
    except BatchRejected as error:
        print_result(error.creation, rejections_table(error.rejected), as_json=as_json)
        if not as_json:
            say_warnings_of_table(error.creation)
        raise CommandFailed(
            f"Every job was rejected. Batch {error.creation.batch_id} lists the reasons.",
            ExitCode.JOBS_FAILED,
            "JOBS_REJECTED",
        ) from error
    if opened:
        url = page_url(client, sent.batches[0].id)
        say(url)
        show_page(url)
    for refused in sent.refused:
        say_error(str(refused))
    _show_submitted(sent.batches, wait=wait, as_json=as_json)
    if sent.refused:
        words = "Every job was rejected in some parts of the table."
        raise CommandFailed(words, ExitCode.JOBS_FAILED, "JOBS_REJECTED")


@with_client
def watch(client: Reelbatch, batch: BatchArgument, *, as_json: JsonOption = False) -> None:
    """Follow a batch, or all batches of a table, until it has ended."""
    _follow(parts_of(client, batch), as_json=as_json)


@with_client
def cancel(client: Reelbatch, batch: BatchArgument, *, as_json: JsonOption = False) -> None:
    """Cancel the unfinished jobs of a batch, or of all batches of a table."""
    done = [part.batch.cancel() for part in parts_of(client, batch)]
    cancelled = sum(each.cancelled_count for each in done)
    skipped = sum(each.skipped_count for each in done)
    words = f"{count_of(cancelled, 'jobs')} cancelled, {skipped} had already ended"
    status = next((each.status for each in done if each.cancelled_count), done[0].status)
    print_result(_one_or_all(done), f"{status}: {words}", as_json=as_json)


@with_client
def retry(
    client: Reelbatch,
    batch: BatchArgument,
    *,
    only: Annotated[RetryChoice, typer.Option(help="Which jobs to retry.")] = "all",
    index: Annotated[
        list[int] | None,
        typer.Option(min=0, help="Only the job at this index; repeatable."),
    ] = None,
    wait: WaitOption = False,
    idempotency_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Render failed and cancelled jobs again, as a new batch."""
    again: list[SubmittedBatch] = []
    conflict: Conflict | None = None
    for number, (part, own) in enumerate(parts_with_indexes(parts_of(client, batch), index)):
        key = f"{idempotency_key}-{number}" if idempotency_key and number else idempotency_key
        first = again[0].id if again else None
        try:
            again.append(part.batch.retry(only, indexes=own, submission=first, idempotency_key=key))
        except Conflict as error:  # this part has no such job
            conflict = error
    if not again:
        raise conflict or CommandFailed(f"{batch} has no job at this index.")
    _show_submitted(again, wait=wait, as_json=as_json)


@with_client
def results(
    client: Reelbatch,
    batch: BatchArgument,
    *,
    form: Annotated[
        ResultsForm | None, typer.Option("--format", help="Default: a readable table.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show each job's status, output, size and error, including rejected jobs."""
    parts = parts_of(client, batch)
    form = form or ("json" if as_json or output else None)
    if form is None:
        found = [
            result.model_copy(update={"index": result.index + part.first})
            for part in parts
            for result in part.batch.results()
        ]
        print_table(results_table(found))
        say_warnings(found)
        return
    text = exported_results(parts, form)
    if output is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    output.write_text(text, encoding="utf-8", newline="")
    print_result({"file": str(output)}, f"results in {output}", as_json=as_json)


@with_client
def download(
    client: Reelbatch,
    batch: BatchArgument,
    *,
    output: Annotated[Path | None, typer.Option(help="Target folder. Default: BATCH.")] = None,
    archive: Annotated[
        Path | None, typer.Option("--zip", help="Write a ZIP file for each batch instead.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Download finished outputs, each named after its job or its index.

    Files that are already there are not downloaded again, and interrupted downloads resume.
    """
    parts = parts_of(client, batch)
    if archive is not None:
        files = numbered_files(archive, len(parts))
        for part, file in zip(parts, files, strict=True):
            part.batch.archive(file)
        archives = [{"file": str(file)} for file in files]
        words = f"all outputs in {', '.join(map(str, files))}"
        print_result(_one_or_all(archives), words, as_json=as_json)
        return
    folder = output or Path(batch)
    states = [part.ended(part.batch.read()) for part in parts]
    finished = sum(state.stats.finished for state in states)
    files = download_outputs(downloads(parts, states, folder), finished)
    pending = sum(part.batch.read().stats.pending for part in parts)
    listed = [
        {"index": found.job.index, "id": found.job.id, "file": str(found.file)}
        | ({"poster": str(found.poster)} if found.poster else {})
        for found in files
    ]
    there = sum(found.was_there for found in files)
    note = f", {there} already there" if there else ""
    words = f"{count_of(len(files), 'files')} in {folder}{note}"
    print_result({"files": listed, "pending": pending}, words, as_json=as_json)
    if pending and not as_json:
        say(f"Jobs that have not ended yet: {pending}. Run this command again later.")


@with_client
def batches(
    client: Reelbatch,
    *,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of batches.")] = 20,
    name: Annotated[str | None, typer.Option(help="Only batches with this name.")] = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="ID", help="Only batches that this schedule created.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the team's batches, newest first."""
    found = list(islice(client.batches.list(name=name, schedule=schedule), limit))
    rows = [
        (
            batch.batch_id,
            batch.name or "",
            _status(batch.stats),
            rfc3339(batch.created_at),
            *_counts(batch.stats),
        )
        for batch in found
    ]
    table = listing(rows, "id", "name", "status", "created", "jobs", "finished", "error", "pending")
    print_result(found, table, as_json=as_json)


def _status(stats: BatchStats) -> str:
    return "cancelled" if stats.total and stats.cancelled == stats.total else stats.status


def _counts(stats: BatchStats) -> Iterator[str]:
    return map(str, (stats.total, stats.finished, stats.error, stats.pending))


def _one_or_all(items: Sequence[T]) -> T | Sequence[T]:
    """A single item by itself; a list only if a table became several batches."""
    return items[0] if len(items) == 1 else items


def _show_checked(checked: Sequence[BatchCreationResponse], *, as_json: bool) -> None:
    if as_json:
        print_json(_one_or_all(checked))
    else:
        if checked[0].columns:
            print_table(columns_table(checked[0].columns))
        for part in checked:
            _show_creation(part, "dry run", "would be accepted")
    rejected = sum(len(part.errors or ()) for part in checked)
    if rejected:
        words = f"{count_of(rejected, 'jobs')} would be rejected."
        raise CommandFailed(words, ExitCode.JOBS_FAILED, "JOBS_REJECTED")


def _show_previews(batch: SubmittedBatch, folder: Path, as_json: bool) -> None:
    end = batch.wait() if as_json else watch_batch(batch, "the first rows")
    files = {found.job.index: found.file for found in batch.downloads(folder)}
    print_result(end, jobs_table(end.jobs, end.errors or (), files), as_json=as_json)
    if not as_json:
        say_warnings(end.jobs)
    if end.stats.error or end.errors:
        raise CommandFailed("Not every row has a picture.", ExitCode.JOBS_FAILED, "JOBS_FAILED")


def _show_submitted(batches: Sequence[SubmittedBatch], *, wait: bool, as_json: bool) -> None:
    created = [batch.creation for batch in batches]
    rejected = [error for each in created for error in each.errors or ()]
    if as_json and not wait:
        print_json(_one_or_all(created))
    elif not as_json:
        for each in created:
            _show_creation(each, f"batch {each.batch_id}", "accepted")
    if wait:
        shown = [job for each in created for job in each.jobs]
        _follow(submitted_parts(batches), as_json=as_json, already_shown=shown)
    elif rejected:
        raise CommandFailed(
            f"{count_of(len(rejected), 'jobs')} rejected.", ExitCode.JOBS_FAILED, "JOBS_REJECTED"
        )


def _show_creation(created: BatchCreationResponse, what: str, accepted: str) -> None:
    out.print(f"{what}: {created.success_count} of {created.total_jobs} jobs {accepted}")
    if created.errors:
        print_table(rejections_table(created.errors))
    say_warnings_of_table(created)
    say_warnings(created.jobs)


def _follow(
    parts: Sequence[Part], *, as_json: bool, already_shown: Sequence[JobCreated] = ()
) -> None:
    """`already_shown` are jobs whose warnings have been printed."""
    ends: list[BatchStatusResponse] = []
    try:
        for number, part in enumerate(parts, start=1):
            what = f"part {number} of {len(parts)}" if len(parts) > 1 else "rendering"
            end = part.batch.wait() if as_json else watch_batch(part.batch, what)
            ends.append(part.ended(end))
    except KeyboardInterrupt:
        id_ = parts[0].batch.id
        words = (
            f"Batch {id_} continues. `reelbatch watch {id_}` follows it again, "
            f"`reelbatch cancel {id_}` cancels it."
        )
        raise Interrupted(words) from None
    failed = [job for end in ends for job in failed_jobs(end)]
    rejected = [error for end in ends for error in end.errors or ()]
    finished = sum(end.stats.finished for end in ends)
    total = sum(end.stats.total for end in ends)
    status = "finished" if finished else _status(ends[0].stats)
    print_result(
        _one_or_all(ends), f"{status}: {finished} of {total} jobs finished", as_json=as_json
    )
    if failed and not as_json:
        print_table(jobs_table(failed))
    if not as_json:
        say_warnings([job for end in ends for job in end.jobs], already_shown)
    problems = [f"{count_of(len(failed), 'jobs')} without output"] if failed else []
    problems += [f"{count_of(len(rejected), 'jobs')} rejected"] if rejected else []
    if problems:
        raise CommandFailed(f"{' and '.join(problems)}.", ExitCode.JOBS_FAILED, "JOBS_FAILED")
