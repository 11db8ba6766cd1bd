"""`reelbatch open`: the web page of the service or of a batch."""

from typing import Annotated

import typer

from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import out, print_result
from reelbatch.cli.options import JsonOption
from reelbatch.client import Reelbatch


@with_client
def open_page(
    client: Reelbatch,
    batch: Annotated[
        str | None, typer.Argument(metavar="BATCH", help="The batch's id. Default: all batches.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Open the web page of a batch, or of all batches. Without a terminal, only print its URL."""
    if batch is not None:
        client.batches.of(batch).read()  # reports a wrong id here instead of opening an empty page
    url = page_url(client, batch)
    print_result({"url": url}, url, as_json=as_json)
    if not as_json:
        show_page(url)


def page_url(client: Reelbatch, batch: str | None) -> str:
    """The URL of the web page of a batch, or of all batches."""
    return f"{client.url}/#/batches" + (f"/{batch}" if batch else "")


def show_page(url: str) -> None:
    """Open the browser if a person is at the terminal."""
    if out.is_terminal:
        typer.launch(url)
