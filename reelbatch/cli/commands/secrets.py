"""`reelbatch secrets …`: what jobs refer to as `${secrets.NAME}`."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import CommandFailed, answer, err, listing
from reelbatch.cli.options import JsonOption
from reelbatch.client import Reelbatch, Secret
from reelbatch.models.ids import ID_PATTERN
from reelbatch.models.wire.base import rfc3339

app = typer.Typer(help="The team's secrets; no command shows a value.", no_args_is_help=True)


@app.command("set")
@with_client
def set_value(
    client: Reelbatch,
    name: str,
    *,
    file: Annotated[
        Path | None, typer.Option("--from-file", help="Has the value, to its last character.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete the secret of that name first.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Store a secret. Its value is asked for, or read from standard input or a file.

    It is no argument: those are seen by everybody on the machine, and kept by the shell.
    """
    value = _value(file)
    if replace:
        for earlier in _named(client, name):
            client.secrets.delete(earlier.id)
    secret = client.secrets.create(name, value)
    answer(secret, f"secret {secret.id}: ${{secrets.{secret.name}}}", as_json=as_json)


@app.command("list")
@with_client
def list_all(client: Reelbatch, *, as_json: JsonOption = False) -> None:
    """List the names of the team's secrets."""
    secrets = client.secrets.list()
    rows = [(secret.id, secret.name, rfc3339(secret.created_at)) for secret in secrets]
    answer(secrets, listing(rows, "id", "name", "created"), as_json=as_json)


@app.command()
@with_client
def delete(
    client: Reelbatch,
    secret: Annotated[str, typer.Argument(metavar="SECRET", help="The secret's id or name.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Delete a secret; jobs that still need it fail."""
    found = [item.id for item in _named(client, secret)]
    if not found and not re.fullmatch(ID_PATTERN, secret):
        raise CommandFailed(f"There is no secret {secret}; see `reelbatch secrets list`.")
    (secret_id,) = found or [secret]
    client.secrets.delete(secret_id)
    answer({"id": secret_id, "deleted": True}, f"secret {secret_id} is deleted", as_json=as_json)


def _named(client: Reelbatch, name: str) -> list[Secret]:
    return [secret for secret in client.secrets.list() if secret.name == name]


def _value(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandFailed(f"{file} cannot be read: {error}.") from error
    if sys.stdin.isatty():
        return err.input("Value: ", password=True)
    return sys.stdin.read().removesuffix("\n")
