"""`reelbatch webhooks …`: deliveries of a job's or batch's webhook, and a team's signing key."""

from typing import TYPE_CHECKING, Annotated

import typer

from reelbatch.cli.application import require_server
from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.commands.with_store import ObjectStoreOption, on_store, opened_store
from reelbatch.cli.console import CommandFailed, listing, print_result, print_table
from reelbatch.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from reelbatch.client import Reelbatch, WebhookLog
from reelbatch.models.ids import is_batch_id
from reelbatch.models.wire.base import rfc3339

if TYPE_CHECKING:  # installed with the extra `server` only
    from obstore.store import ObjectStore

app = typer.Typer(help="Show deliveries of webhooks and send them again.", no_args_is_help=True)

OwnerArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Id of the job or batch with the webhook.")
]


@app.command()
@with_client
def show(client: Reelbatch, owner: OwnerArgument, *, as_json: JsonOption = False) -> None:
    """Show each delivery attempt and the receiver's response."""
    is_batch = is_batch_id(owner)
    log = client.webhooks.of_batch(owner) if is_batch else client.webhooks.of_job(owner)
    _show(log, as_json=as_json)


@app.command()
@with_client
def redeliver(client: Reelbatch, owner: OwnerArgument, *, as_json: JsonOption = False) -> None:
    """Send the webhook again, with the same body and the same webhook-id."""
    webhooks = client.webhooks
    again = webhooks.redeliver_of_batch if is_batch_id(owner) else webhooks.redeliver_of_job
    _show(again(owner), as_json=as_json)


@app.command()
def secret(
    team: str,
    *,
    as_json: JsonOption = False,
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Print the key that signs TEAM's webhooks. Run it where the server is, like `tokens`."""
    require_server()
    key = on_store(_secret_of(team, opened_store(object_store, home)))
    print_result({"team": team, "secret": key}, key, as_json=as_json)


async def _secret_of(team: str, store: "ObjectStore") -> str:
    from reelbatch.settings import Settings
    from reelbatch.storage.tokens import TEAM_PATTERN
    from reelbatch.storage.webhook_signatures import open_webhook_signer

    if not TEAM_PATTERN.fullmatch(team):
        raise CommandFailed(f"{team!r} is not the name of a team.")
    settings = Settings()
    try:
        signer = await open_webhook_signer(
            store, settings.webhook_signing_secret, settings.signing_key
        )
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    return signer.secret_of(team)


def _show(log: WebhookLog, *, as_json: bool) -> None:
    print_result(log, f"{log.state}: {log.method} {log.url}", as_json=as_json)
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
        print_table(listing(rows, "attempted", "seconds", "status", "error or response"))
