"""The object store, for commands that work on it where the server is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.stack.home import Home

if TYPE_CHECKING:  # not everywhere: only the server has the store
    from obstore.store import ObjectStore

ObjectStoreOption = Annotated[
    str | None,
    typer.Option(
        envvar="REELBATCH_OBJECT_STORE",
        help="The service's object store, if it is not the one in the home.",
    ),
]


def opened_store(location: str | None, home: Path) -> "ObjectStore":
    """Raises CommandFailed."""
    from reelbatch.storage.objects import open_store

    try:
        return open_store(location or str(Home.at(home).objects))
    except (OSError, ValueError) as error:
        raise CommandFailed(f"The object store cannot be opened: {error}.") from error
