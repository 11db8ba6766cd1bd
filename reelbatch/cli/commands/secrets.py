"""`reelbatch secrets …`: values that jobs refer to as `${secrets.NAME}`."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import CommandFailed, err, listing, print_result
from reelbatch.cli.options import JsonOption
from reelbatch.client import Reelbatch, Secret
from reelbatch.models.ids import ID_PATTERN
from reelbatch.models.wire.base import rfc3339

app = typer.Typer(help="Manage the team's secrets. No command shows a value.", no_args_is_help=True)


@app.command("set")
@with_client
def set_value(
    client: Reelbatch,
    name: str,
    *,
    file: Annotated[
        Path | None, typer.Option("--from-file", help="Read the value from this file, unchanged.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="First delete the secret with that name.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Store a secret. Its value is prompted for, or read from standard input or a file.

    It cannot be an argument: everybody on the machine can see those, and the shell stores them.
    """
    value = _value(file)
    if replace:
        for earlier in _named(client, name):
            client.secrets.delete(earlier.id)
    secret = client.secrets.create(name, value)
    print_result(secret, f"secret {secret.id}: ${{secrets.{secret.name}}}", as_json=as_json)


@app.command("list")
@with_client
def list_all(client: Reelbatch, *, as_json: JsonOption = False) -> None:
    """List the names of the team's secrets."""
    secrets = client.secrets.list()
    rows = [(secret.id, secret.name, rfc3339(secret.created_at)) for secret in secrets]
    print_result(secrets, listing(rows, "id", "name", "created"), as_json=as_json)


@app.command()
@with_client
def delete(
    client: Reelbatch,
    secret: Annotated[str, typer.Argument(metavar="SECRET", help="The secret's id or name.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Delete a secret. Jobs that still need it will fail."""
    found = [item.id for item in _named(client, secret)]
    if not found and not re.fullmatch(ID_PATTERN, secret):
        raise CommandFailed(f"There is no secret {secret}; see `reelbatch secrets list`.")
    (secret_id,) = found or [secret]
    client.secrets.delete(secret_id)
    print_result({"id": secret_id, "deleted": True}, f"secret {secret_id} deleted", as_json=as_json)


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
