"""The command `reelbatch`."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import batch_commands, template_commands, token_commands
from cli.console import CommandFailed, say, say_error
from cli.home import Home
from cli.options import (
    DEFAULT_HOME,
    HomeOption,
    RenderProcessesOption,
    TemporalBinaryOption,
)
from cli.stack_settings import StackOptions, current_settings

app = typer.Typer(
    name="reelbatch",
    help="A self-hosted batch render service on Temporal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(batch_commands.submit)
app.command()(batch_commands.watch)
app.command()(batch_commands.cancel)
app.command()(batch_commands.download)
app.add_typer(template_commands.app, name="templates")
app.add_typer(token_commands.app, name="tokens")

_CHECKOUT_EXAMPLES = Path(__file__).parents[1] / "examples"

# The stack, the renderer and the Temporal client take a second to import: only the commands that
# need them do it.


@app.command()
def up(
    *,
    home: HomeOption = DEFAULT_HOME,
    api_port: Annotated[
        int, typer.Option(envvar="REELBATCH_API_PORT", min=0, max=65535, help="0: any free one.")
    ] = 8080,
    temporal_port: Annotated[
        int,
        typer.Option(envvar="REELBATCH_TEMPORAL_PORT", min=0, max=65535, help="0: any free one."),
    ] = 7233,
    ui_port: Annotated[
        int, typer.Option(envvar="REELBATCH_UI_PORT", min=0, max=65535, help="0: any free one.")
    ] = 8233,
    render_processes: RenderProcessesOption = None,
    temporal_binary: TemporalBinaryOption = None,
) -> None:
    """Run the whole service on this machine: Temporal, a worker and the API."""
    from cli.up import run_stack

    options = StackOptions(api_port, temporal_port, ui_port, render_processes, temporal_binary)
    asyncio.run(run_stack(Home.at(home), options))


@app.command()
def demo(
    *,
    output: Annotated[Path, typer.Option(help="Where the rendered files go.")] = Path(
        "demo-output"
    ),
    home: Annotated[
        Path | None, typer.Option(help="The folder of the stack; OUTPUT/.home if left out.")
    ] = None,
    examples: Annotated[
        Path, typer.Option(help="A folder with templates and requests.")
    ] = _CHECKOUT_EXAMPLES,
    render_processes: RenderProcessesOption = None,
    temporal_binary: TemporalBinaryOption = None,
) -> None:
    """Start the service, render a batch of 24 jobs, and show what came of it."""
    from cli.demo import Demo, run_demo

    demonstration = Demo(examples, output, Home.at(home or output / ".home"))
    options = StackOptions(
        api_port=0,
        temporal_port=0,
        ui_port=0,
        render_processes=render_processes,
        temporal_binary=temporal_binary,
    )
    asyncio.run(run_demo(demonstration, options))


@app.command()
def doctor(
    *, home: HomeOption = DEFAULT_HOME, temporal_binary: TemporalBinaryOption = None
) -> None:
    """Check that this machine can run the service, and that the service runs well."""
    from cli.doctor import examine

    asyncio.run(examine(Home.at(home), temporal_binary))


@app.command("prepare-temporal")
def prepare_temporal() -> None:
    """Register the search attributes in the namespace of REELBATCH_TEMPORAL_ADDRESS.

    Needed once for a Temporal server of your own; `reelbatch up` does it by itself.
    """
    from cli.temporal_namespace import prepare_namespace

    asyncio.run(prepare_namespace(current_settings()))
    say("The namespace has all search attributes.")


def main() -> None:
    """Run the command and end the process with its exit code."""
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # Not sys.exit: the Temporal client's own threads may crash an interpreter that is taking
    # itself down (one end in forty, measured), and the exit code with it.
    os._exit(code)


def _run() -> int:
    try:
        app(standalone_mode=True)
    except CommandFailed as failure:
        say_error(str(failure))
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
