"""`reelbatch open`: the page of the service, or of a batch."""

from typing import Annotated

import typer

from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import answer, out
from reelbatch.cli.options import JsonOption
from reelbatch.client import Reelbatch


@with_client
def open_page(
    client: Reelbatch,
    batch: Annotated[
        str | None, typer.Argument(metavar="BATCH", help="The batch's id; all if left out.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Open the page of a batch in the browser. Without a terminal its URL is only printed."""
    if batch is not None:
        client.batches.of(batch).read()  # a wrong id is said here, and not by an empty page
    url = page_url(client, batch)
    answer({"url": url}, url, as_json=as_json)
    if not as_json:
        show_page(url)


def page_url(client: Reelbatch, batch: str | None) -> str:
    """The page of a batch, or of all batches."""
    return f"{client.url}/#/batches" + (f"/{batch}" if batch else "")


def show_page(url: str) -> None:
    """Open the browser, where there is a person in front of it."""
    if out.is_terminal:
        typer.launch(url)
