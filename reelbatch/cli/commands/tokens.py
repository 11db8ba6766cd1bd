"""`reelbatch tokens …`: the first token of a team cannot come from the API, so these work on the
object store."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from reelbatch.cli.application import require_server
from reelbatch.cli.commands.with_store import ObjectStoreOption, on_store, opened_store
from reelbatch.cli.console import CommandFailed, answer, listing, say
from reelbatch.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from reelbatch.models.stored.tokens import TokenRecord
from reelbatch.models.wire.base import rfc3339
from reelbatch.models.wire.tokens import DEFAULT_SCOPES, Scope

app = typer.Typer(
    help="Make and revoke API tokens, each for one team.",
    no_args_is_help=True,
    callback=require_server,
)

_LIFETIME = re.compile(r"([1-9][0-9]{0,4})([hd])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}


@app.command()
def create(
    team: str,
    *,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "",
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it may do; give it several times for more. All but admin if not."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When it ends: 30d, 12h or a date (UTC). Never if not."),
    ] = None,
    as_json: JsonOption = False,
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a token for TEAM and print it; it is shown only this once."""
    from reelbatch.storage.tokens import create_token

    expires_at = _expiry(expires) if expires else None
    store, scopes = opened_store(object_store, home), scope or DEFAULT_SCOPES
    try:
        token, record = on_store(create_token(store, team, name, scopes, expires_at))
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    shown = record.model_dump(mode="json", by_alias=True, exclude_none=True)
    answer({**shown, "token": token}, token, as_json=as_json)
    if not as_json:
        note = f"It may: {_scopes(record)}. Expires: {_end(record)}."
        say(f"Keep it: it cannot be shown again. {note}")


@app.command("list")
def list_all(
    *,
    as_json: JsonOption = False,
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """List the tokens of all teams by their ids; a token itself is not kept."""
    from reelbatch.storage.tokens import list_tokens

    records = on_store(list_tokens(opened_store(object_store, home)))
    rows = [
        (
            record.id,
            record.team,
            record.name,
            _scopes(record),
            rfc3339(record.created_at),
            _end(record),
        )
        for record in records
    ]
    table = listing(rows, "id", "team", "name", "scopes", "created", "expires")
    answer(records, table, as_json=as_json)


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `tokens list` shows it.")],
    *,
    as_json: JsonOption = False,
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Revoke a token: ten seconds later at most it opens nothing."""
    from reelbatch.storage.tokens import revoke_token

    if not on_store(revoke_token(opened_store(object_store, home), token_id)):
        raise CommandFailed(f"There is no token {token_id}; see `reelbatch tokens list`.")
    answer({"id": token_id, "revoked": True}, f"token {token_id} is revoked", as_json=as_json)


def _expiry(text: str) -> datetime:
    """The moment in UTC of `30d` or `12h` from now, of a date or of a time in RFC 3339.

    A date is its first moment. Raises CommandFailed.
    """
    now = datetime.now(UTC)
    lifetime = _LIFETIME.fullmatch(text)
    if lifetime:
        return now + int(lifetime[1]) * _UNITS[lifetime[2]]
    try:
        moment = datetime.fromisoformat(text)
        expiry = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CommandFailed(
            f"{text!r} is no time to expire: write a number of days or hours such as 30d or 12h, "
            "or a date such as 2027-01-31."
        ) from error
    if expiry <= now:
        raise CommandFailed(f"{text} is over: the token would never work.")
    return expiry


def _scopes(record: TokenRecord) -> str:
    return ", ".join(record.scopes)


def _end(record: TokenRecord) -> str:
    if record.expires_at is None:
        return "never"
    return f"{rfc3339(record.expires_at)}{' (is over)' if record.is_expired else ''}"
