"""`reelbatch tokens …`: the API cannot make tokens, so these work on the object store."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from obstore.store import ObjectStore
from rich.table import Table
from rich.text import Text

from cli.console import CommandFailed, out, print_json, say
from cli.home import Home
from cli.options import DEFAULT_HOME, HomeOption, JsonOption
from models.wire import rfc3339
from storage.objects import open_store
from storage.tokens import create_token, list_tokens, revoke_token

app = typer.Typer(help="Make and revoke API tokens, each for one team.", no_args_is_help=True)

ObjectStoreOption = Annotated[
    str | None,
    typer.Option(
        envvar="REELBATCH_OBJECT_STORE",
        help="The service's object store, if it is not the one in the home.",
    ),
]


@app.command()
def create(
    team: str,
    *,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "",
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a token for TEAM and print it; it is shown only this once."""
    try:
        token, _ = asyncio.run(create_token(_store(object_store, home), team, name))
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    out.print(token, markup=False, soft_wrap=True)
    say("Keep it: it cannot be shown again.")


@app.command("list")
def list_all(
    *,
    as_json: JsonOption = False,
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """List the tokens of all teams by their ids; a token itself is not kept."""
    records = asyncio.run(list_tokens(_store(object_store, home)))
    if as_json:
        print_json(records)
        return
    table = Table("id", "team", "name", "created")
    for record in records:
        cells = (record.id, record.team, record.name, rfc3339(record.created_at))
        table.add_row(*map(Text, cells))
    out.print(table)


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `tokens list` shows it.")],
    *,
    object_store: ObjectStoreOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Revoke a token: from now on it opens nothing."""
    if not asyncio.run(revoke_token(_store(object_store, home), token_id)):
        raise CommandFailed(f"There is no token {token_id}; see `reelbatch tokens list`.")
    out.print(f"token {token_id} is revoked", markup=False)


def _store(location: str | None, home: Path) -> ObjectStore:
    try:
        return open_store(location or str(Home.at(home).objects))
    except (OSError, ValueError) as error:
        raise CommandFailed(f"The object store cannot be opened: {error}.") from error
