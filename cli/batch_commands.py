"""`reelbatch submit`, `watch`, `cancel` and `download`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.batch import download_outputs, failed_jobs, read_request, results_table, watch_batch
from cli.client import ApiClient
from cli.console import CommandFailed, out, print_json, say
from cli.options import DEFAULT_HOME, HomeOption, JsonOption, TokenOption, UrlOption, api_client

BatchArgument = Annotated[str, typer.Argument(metavar="BATCH", help="The batch's id.")]


def submit(
    file: Annotated[Path, typer.Argument(help="JSON: a batch, a list of jobs, or one job.")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the batch to its end.")] = False,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Send a batch. `{{name}}` in the file becomes the id of the template of that name."""
    with api_client(url, token, home) as client:
        created = client.submit_batch(read_request(client, file))
        if as_json:
            print_json(created)
        else:
            out.print(
                f"batch {created.batch_id}: {created.success_count} of {created.total_jobs} jobs "
                "accepted"
            )
            if created.errors:
                out.print(results_table([], created.errors))
        if not created.jobs:
            raise CommandFailed("Every job was rejected.")
        if wait:
            _follow(client, created.batch_id)


def watch(
    batch: BatchArgument,
    *,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Follow a batch to its end."""
    with api_client(url, token, home) as client:
        if as_json:
            print_json(client.batch(batch))
        else:
            _follow(client, batch)


def cancel(
    batch: BatchArgument,
    *,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Cancel what is left of a batch."""
    with api_client(url, token, home) as client:
        answer = client.cancel_batch(batch)
    if as_json:
        print_json(answer)
    else:
        out.print(
            f"{answer.status}: {answer.cancelled_count} jobs cancelled, "
            f"{answer.skipped_count} had ended before"
        )


def download(
    batch: BatchArgument,
    *,
    output: Annotated[
        Path | None, typer.Option(help="A folder; the batch's id if left out.")
    ] = None,
    url: UrlOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Fetch the outputs that are finished, each named by its job's index."""
    folder = output or Path(batch)
    with api_client(url, token, home) as client:
        answer = client.batch(batch)
        files = list(download_outputs(client, answer, folder))
    out.print(f"{len(files)} files in {folder}", markup=False)
    if answer.stats.pending:
        say(f"{answer.stats.pending} jobs are not done yet; run this again later.")


def _follow(client: ApiClient, batch_id: str) -> None:
    batch = watch_batch(client, batch_id)
    out.print(f"{batch.status}: {batch.stats.finished} of {batch.stats.total} jobs finished")
    if failed := failed_jobs(batch):
        out.print(results_table(failed))
        raise CommandFailed(f"{len(failed)} jobs have no output.")
