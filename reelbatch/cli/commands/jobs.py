"""`reelbatch jobs …`: jobs one by one, whether in a batch or not."""

from itertools import islice
from typing import Annotated

import typer

from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import count_of, details, listing, print_json, print_result
from reelbatch.cli.options import JsonOption
from reelbatch.client import JobSort, JobStatus, Reelbatch
from reelbatch.models.wire.base import rfc3339

app = typer.Typer(help="Inspect and cancel individual jobs.", no_args_is_help=True)

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]

_PAGE = 100


@app.command("list")
@with_client
def list_all(
    client: Reelbatch,
    *,
    state: Annotated[
        list[JobStatus] | None, typer.Option(help="Only jobs in this state; repeatable.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Only jobs with this tag; repeatable.")
    ] = None,
    sort: Annotated[JobSort, typer.Option(help="The order of the list.")] = "newest_first",
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of jobs.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List the team's jobs."""
    found = client.jobs.list(
        states=state or (), tags=tag or (), sort=sort, page_size=min(limit, _PAGE)
    )
    jobs = [*islice(found, limit)]
    rows = [
        (
            job.id,
            job.status,
            f"{job.progress:.0f} %",
            rfc3339(job.stats.created_at),
            ", ".join(job.tags),
            job.error_code or "",
        )
        for job in jobs
    ]
    table = listing(rows, "id", "status", "progress", "created", "tags", "error")
    print_result(jobs, table, as_json=as_json)


@app.command()
@with_client
def show(client: Reelbatch, job: JobArgument, *, as_json: JsonOption = False) -> None:
    """Show a job and its progress."""
    found = client.jobs.get(job)
    values = {
        "id": found.id,
        "status": found.status,
        "progress": f"{found.progress:.0f} %",
        "created": rfc3339(found.stats.created_at),
        "template": found.template_id,
        "batch": found.batch_id,
        "tags": ", ".join(found.tags),
        "output": found.output_url,
        "error": f"{found.error_code}: {found.error}" if found.error else None,
        "warnings": "\n".join(map(str, found.warnings)),
    }
    print_result(found, details(values), as_json=as_json)


@app.command()
@with_client
def cancel(
    client: Reelbatch,
    jobs: Annotated[list[str], typer.Argument(metavar="JOB…", help="The jobs' ids.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Cancel all these jobs, or none of them if one has already ended."""
    cancelled = client.jobs.cancel(jobs[0]) if len(jobs) == 1 else client.jobs.cancel_all(jobs)
    print_result(cancelled, f"{count_of(len(cancelled), 'jobs')} cancelled", as_json=as_json)


@app.command()
@with_client
def logs(client: Reelbatch, job: JobArgument, *, as_json: JsonOption = False) -> None:
    """Show the log of each attempt to render a job."""
    text = client.jobs.logs(job)
    if as_json:
        print_json({"id": job, "log": text})
    else:
        typer.echo(text, nl=False)
