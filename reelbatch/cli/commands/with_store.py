"""The object store, for commands that work on it directly on the server."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.stack.home import Home

if TYPE_CHECKING:  # installed with the extra `server` only
    from obstore.store import ObjectStore

T = TypeVar("T")

ObjectStoreOption = Annotated[
    str | None,
    typer.Option(
        envvar="REELBATCH_OBJECT_STORE",
        help="The service's object store. Default: the one in the home.",
    ),
]


def opened_store(location: str | None, home: Path) -> "ObjectStore":
    """Open the store at `location`, or the one in `home`. Raises CommandFailed."""
    from reelbatch.storage.objects import open_store

    try:
        return open_store(location or str(Home.at(home).objects))
    except (OSError, ValueError) as error:
        raise CommandFailed(f"The object store cannot be opened: {error}.") from error


def on_store(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` and return its result. Raises CommandFailed if the store refuses it."""
    from obstore.exceptions import BaseError as ObjectStoreError

    from reelbatch.preparation import in_words

    try:
        return asyncio.run(work)
    except ObjectStoreError as error:
        raise CommandFailed(in_words(error)) from error
