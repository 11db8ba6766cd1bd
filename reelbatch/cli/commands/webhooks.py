"""`reelbatch webhooks …`: what came of the webhook of a job or a batch."""

from typing import Annotated

import typer

from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import answer, listing, print_table
from reelbatch.cli.options import JsonOption
from reelbatch.client import Reelbatch, WebhookLog
from reelbatch.models.ids import is_batch_id
from reelbatch.models.wire.base import rfc3339

app = typer.Typer(help="See what came of webhooks, and send them again.", no_args_is_help=True)

OwnerArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Of the job or the batch whose webhook it is.")
]


@app.command()
@with_client
def show(client: Reelbatch, owner: OwnerArgument, *, as_json: JsonOption = False) -> None:
    """Show each attempt to deliver it, and what the receiver answered."""
    is_batch = is_batch_id(owner)
    log = client.webhooks.of_batch(owner) if is_batch else client.webhooks.of_job(owner)
    _show(log, as_json=as_json)


@app.command()
@with_client
def redeliver(client: Reelbatch, owner: OwnerArgument, *, as_json: JsonOption = False) -> None:
    """Send it again: the same body, under the same webhook-id."""
    webhooks = client.webhooks
    again = webhooks.redeliver_of_batch if is_batch_id(owner) else webhooks.redeliver_of_job
    _show(again(owner), as_json=as_json)


def _show(log: WebhookLog, *, as_json: bool) -> None:
    answer(log, f"{log.state}: {log.method} {log.url}", as_json=as_json)
    if as_json:
        return
    rows = [
        (
            rfc3339(attempt.attempted_at),
            f"{attempt.duration:.1f}",
            str(attempt.status or ""),
            attempt.error or attempt.response or "",
        )
        for attempt in log.attempts
    ]
    if rows:
        print_table(listing(rows, "attempted", "seconds", "status", "error or answer"))
