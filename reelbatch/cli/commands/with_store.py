"""The object store, for commands that work on it where the server is."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.stack.home import Home

if TYPE_CHECKING:  # not everywhere: only the server has the store
    from obstore.store import ObjectStore

T = TypeVar("T")

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


def on_store(work: Coroutine[Any, Any, T]) -> T:
    """What `work` on the store returns. Raises CommandFailed where the store does not let it."""
    from obstore.exceptions import BaseError as ObjectStoreError

    from reelbatch.preparation import in_words

    try:
        return asyncio.run(work)
    except ObjectStoreError as error:
        raise CommandFailed(in_words(error)) from error
