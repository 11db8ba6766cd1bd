"""`reelbatch fonts …`."""

from pathlib import Path
from typing import Annotated

import typer

from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import CommandFailed, listing, print_result
from reelbatch.cli.options import JsonOption
from reelbatch.client import Reelbatch

app = typer.Typer(help="Manage the team's fonts.", no_args_is_help=True)


@app.command()
@with_client
def add(
    client: Reelbatch,
    file: Path,
    *,
    family: Annotated[str | None, typer.Option(help="Default: the family in the file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a TTF or OTF file."""
    if not file.is_file():
        raise CommandFailed(f"{file} does not exist.")
    font = client.fonts.add(file, family_name=family)
    print_result(font, f"font {font.id}: {font.family_name} {font.style_name}", as_json=as_json)


@app.command("list")
@with_client
def list_all(client: Reelbatch, *, as_json: JsonOption = False) -> None:
    """List the team's fonts."""
    fonts = client.fonts.list()
    rows = [(font.id, font.family_name, font.style_name, font.file_name) for font in fonts]
    print_result(fonts, listing(rows, "id", "family", "style", "file"), as_json=as_json)


@app.command()
@with_client
def delete(
    client: Reelbatch,
    font: Annotated[str, typer.Argument(metavar="ID", help="An id from `fonts list`.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Delete a font."""
    client.fonts.delete(font)
    print_result({"id": font, "deleted": True}, f"font {font} deleted", as_json=as_json)
