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
    url = f"{client.url}/#/batches" + (f"/{batch}" if batch else "")
    answer({"url": url}, url, as_json=as_json)
    if out.is_terminal and not as_json:
        typer.launch(url)
