"""`reelbatch tokens …`: these work on the object store, since a team cannot get its first token
from the API."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from reelbatch.cli.application import require_server
from reelbatch.cli.commands.with_store import ObjectStoreOption, on_store, opened_store
from reelbatch.cli.console import CommandFailed, listing, print_result, say
from reelbatch.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from reelbatch.models.stored.tokens import TokenRecord
from reelbatch.models.wire.base import rfc3339
from reelbatch.models.wire.tokens import DEFAULT_SCOPES, Scope

app = typer.Typer(
    help="Create and revoke API tokens, each for one team.",
    no_args_is_help=True,
    callback=require_server,
)

_LIFETIME = re.compile(r"([1-9][0-9]{0,4})([hd])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}


@app.command()
def create(
    team: str,
    *,
    name: Annotated[str, typer.Option(help="Purpose of the token, shown in lists.")] = "",
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="A scope of the token; repeatable. Default: all except admin."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Expiry: 30d, 12h or a date (UTC). Default: never."),
    ] = None,
    as_json: JsonOption = False,
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Create a token for TEAM and print it. It will not be shown again."""
    from reelbatch.storage.tokens import create_token

    expires_at = _expiry(expires) if expires else None
    store, scopes = opened_store(object_store, home), scope or DEFAULT_SCOPES
    try:
        token, record = on_store(create_token(store, team, name, scopes, expires_at))
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    shown = record.model_dump(mode="json", by_alias=True, exclude_none=True)
    print_result({**shown, "token": token}, token, as_json=as_json)
    if not as_json:
        note = f"Scopes: {_scopes(record)}. Expires: {_end(record)}."
        say(f"Copy it now. It will not be shown again. {note}")


@app.command("list")
def list_all(
    *,
    as_json: JsonOption = False,
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """List the tokens of all teams by id. The tokens themselves are not stored."""
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
    print_result(records, table, as_json=as_json)


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="An id from `tokens list`.")],
    *,
    as_json: JsonOption = False,
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Revoke a token. It stops working within ten seconds."""
    from reelbatch.storage.tokens import revoke_token

    if not on_store(revoke_token(opened_store(object_store, home), token_id)):
        raise CommandFailed(f"There is no token {token_id}; see `reelbatch tokens list`.")
    print_result({"id": token_id, "revoked": True}, f"token {token_id} revoked", as_json=as_json)


def _expiry(text: str) -> datetime:
    """The time in UTC that `30d`, `12h`, a date or a time in RFC 3339 stands for.

    A date means its first moment. Raises CommandFailed.
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
            f"{text!r} is not an expiry time: write a number of days or hours such as 30d or 12h, "
            "or a date such as 2027-01-31."
        ) from error
    if expiry <= now:
        raise CommandFailed(f"{text} is in the past: the token would never work.")
    return expiry


def _scopes(record: TokenRecord) -> str:
    return ", ".join(record.scopes)


def _end(record: TokenRecord) -> str:
    if record.expires_at is None:
        return "never"
    return f"{rfc3339(record.expires_at)}{' (expired)' if record.is_expired else ''}"
