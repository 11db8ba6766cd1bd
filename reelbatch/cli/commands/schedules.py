"""`reelbatch schedules …`."""

import re
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import (
    CommandFailed,
    count_of,
    details,
    listing,
    print_result,
    print_table,
)
from reelbatch.cli.options import (
    AutofitOption,
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
from reelbatch.cli.pushed_templates import template_id_of
from reelbatch.client import Reelbatch, Schedule, ScheduleRun
from reelbatch.models.ids import ID_PATTERN
from reelbatch.models.wire.base import rfc3339
from reelbatch.spelling import did_you_mean

app = typer.Typer(help="Create batches regularly from the table at a URL.", no_args_is_help=True)

ScheduleArgument = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Its id or name.")]


@app.command()
@with_client
def create(
    client: Reelbatch,
    table: Annotated[str, typer.Argument(metavar="URL", help="URL of the table: CSV or XLSX.")],
    *,
    name: Annotated[str, typer.Option(help="A name for the schedule and its batches.")],
    cron: Annotated[str, typer.Option(help='When to run: "30 6 * * MON-FRI", @daily, …')],
    template: Annotated[str, typer.Option(help="Template of all rows, by id or name.")],
    time_zone: Annotated[
        str, typer.Option(help="Time zone of --cron, such as Europe/Berlin.")
    ] = "UTC",
    composition: CompositionOption = None,
    codec: CodecOption = None,
    frame: FrameOption = None,
    poster: PosterOption = False,
    autofit: AutofitOption = False,
    strict: StrictOption = False,
    mapping: MappingOption = None,
    output_name: OutputNameOption = None,
    quality: QualityOption = None,
    concurrency: ConcurrencyOption = None,
    webhook: WebhookOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a schedule, which creates a batch from the table at URL at each of these times."""
    body = {
        "name": name,
        "cron": cron,
        "timeZone": time_zone,
        "url": table,
        "template": template_id_of(client, template),
        "composition": composition,
        "codec": codec,
        "frame": frame,
        "poster": poster or None,
        "autofit": autofit,
        "strict": strict,
        "map": mapping or [],
        "outputName": output_name,
        "quality": quality,
        "concurrency": concurrency,
        "webhook": webhook,
    }
    given = {field: value for field, value in body.items() if value is not None}
    _show(client.schedules.create(given), as_json=as_json)


@app.command("list")
@with_client
def list_all(client: Reelbatch, *, as_json: JsonOption = False) -> None:
    """List the team's schedules."""
    schedules = client.schedules.list()
    rows = [
        (each.id, each.name, each.cron, each.time_zone, _next(each), _last(each.runs))
        for each in schedules
    ]
    table = listing(rows, "id", "name", "cron", "time zone", "next run", "last run")
    print_result(schedules, table, as_json=as_json)


@app.command()
@with_client
def show(client: Reelbatch, schedule: ScheduleArgument, *, as_json: JsonOption = False) -> None:
    """Show when a schedule runs next, and the results of its last runs."""
    _show(client.schedules.get(_id_of(client, schedule)), as_json=as_json)


@app.command()
@with_client
def pause(client: Reelbatch, schedule: ScheduleArgument, *, as_json: JsonOption = False) -> None:
    """Pause a schedule until it is resumed."""
    _show(client.schedules.pause(_id_of(client, schedule)), as_json=as_json)


@app.command()
@with_client
def resume(client: Reelbatch, schedule: ScheduleArgument, *, as_json: JsonOption = False) -> None:
    """Resume a paused schedule."""
    _show(client.schedules.resume(_id_of(client, schedule)), as_json=as_json)


@app.command()
@with_client
def trigger(client: Reelbatch, schedule: ScheduleArgument, *, as_json: JsonOption = False) -> None:
    """Run a schedule now, even if it is paused."""
    triggered = client.schedules.trigger(_id_of(client, schedule))
    print_result(
        triggered,
        f"schedule {triggered.id} is running; `reelbatch schedules show {triggered.id}` shows the "
        "result",
        as_json=as_json,
    )


@app.command()
@with_client
def delete(client: Reelbatch, schedule: ScheduleArgument, *, as_json: JsonOption = False) -> None:
    """Delete a schedule. Its batches are kept."""
    schedule_id = _id_of(client, schedule)
    client.schedules.delete(schedule_id)
    print_result(
        {"id": schedule_id, "deleted": True},
        f"schedule {schedule_id} deleted",
        as_json=as_json,
    )


def _id_of(client: Reelbatch, id_or_name: str) -> str:
    """Raises CommandFailed unless exactly one schedule has this name."""
    if re.fullmatch(ID_PATTERN, id_or_name):
        return id_or_name
    schedules = client.schedules.list()
    ids = [each.id for each in schedules if each.name == id_or_name]
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise CommandFailed(f"Several schedules are named {id_or_name}: {', '.join(ids)}.")
    hint = did_you_mean(id_or_name, (each.name for each in schedules))
    raise CommandFailed(f"No schedule has the id or name {id_or_name}.{hint}")


def _show(schedule: Schedule, *, as_json: bool) -> None:
    print_result(schedule, _details(schedule), as_json=as_json)
    if schedule.runs and not as_json:
        print_table(_runs(schedule.runs))


def _details(schedule: Schedule) -> Table:
    return details(
        {
            "id": schedule.id,
            "name": schedule.name,
            "cron": f"{schedule.cron} ({schedule.time_zone})",
            "table": schedule.url,
            "template": schedule.template,
            "next run": _next(schedule),
            "skipped": str(schedule.skipped) if schedule.skipped else None,
        }
    )


def _next(schedule: Schedule) -> str:
    if schedule.paused:
        return "paused"
    return rfc3339(schedule.next_run_at) if schedule.next_run_at else "never"


def _runs(runs: Iterable[ScheduleRun]) -> Table:
    rows = [(rfc3339(run.started_at), " ".join(run.batch_ids), _result(run)) for run in runs]
    return listing(rows, "run", "batches", "result")


def _last(runs: list[ScheduleRun]) -> str:
    return f"{rfc3339(runs[0].started_at)}: {_result(runs[0])}" if runs else "none yet"


def _result(run: ScheduleRun) -> str:
    if run.error:
        return f"{run.error_code}: {run.error}"
    rejected = f", {run.rejected_jobs} rejected" if run.rejected_jobs else ""
    return f"{count_of(run.jobs, 'jobs')}{rejected}"
