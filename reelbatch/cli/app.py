"""The command `reelbatch`."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, cast

import typer

from reelbatch.cli.application import application_folder, become, require_server
from reelbatch.cli.commands import batches as batch_commands
from reelbatch.cli.commands import fonts as font_commands
from reelbatch.cli.commands import jobs as job_commands
from reelbatch.cli.commands import profiles as profile_commands
from reelbatch.cli.commands import schedules as schedule_commands
from reelbatch.cli.commands import secrets as secret_commands
from reelbatch.cli.commands import templates as template_commands
from reelbatch.cli.commands import tokens as token_commands
from reelbatch.cli.commands import webhooks as webhook_commands
from reelbatch.cli.commands.convert import convert
from reelbatch.cli.commands.open_page import open_page
from reelbatch.cli.console import CommandFailed, end_with, say
from reelbatch.cli.exit_codes import ExitCode
from reelbatch.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    RenderProcessesOption,
    TemporalBinaryOption,
)
from reelbatch.cli.stack.home import Home
from reelbatch.client import ReelbatchError
from reelbatch.version import VERSION

app = typer.Typer(
    name="reelbatch",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(batch_commands.submit)
app.command()(batch_commands.watch)
app.command()(batch_commands.cancel)
app.command()(batch_commands.retry)
app.command()(batch_commands.results)
app.command()(batch_commands.download)
app.command()(batch_commands.batches)
app.command("open")(open_page)
app.command()(convert)
app.add_typer(job_commands.app, name="jobs")
app.add_typer(schedule_commands.app, name="schedules")
app.add_typer(template_commands.app, name="templates")
app.add_typer(font_commands.app, name="fonts")
app.add_typer(secret_commands.app, name="secrets")
app.add_typer(webhook_commands.app, name="webhooks")
app.add_typer(token_commands.app, name="tokens")
app.add_typer(profile_commands.app, name="profiles")


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"reelbatch {VERSION}")
        raise typer.Exit


@app.callback()
def describe(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """A self-hosted batch render service on Temporal."""


# The stack, the renderer and the Temporal client take a second to import and may not be installed.
# Only the commands that need them import them.


@app.command()
def up(
    *,
    home: HomeOption = DEFAULT_HOME,
    api_port: Annotated[
        int,
        typer.Option(envvar="REELBATCH_API_PORT", min=0, max=65535, help="0 picks any free port."),
    ] = 8080,
    temporal_port: Annotated[
        int,
        typer.Option(
            envvar="REELBATCH_TEMPORAL_PORT", min=0, max=65535, help="0 picks any free port."
        ),
    ] = 7233,
    ui_port: Annotated[
        int,
        typer.Option(envvar="REELBATCH_UI_PORT", min=0, max=65535, help="0 picks any free port."),
    ] = 8233,
    render_processes: RenderProcessesOption = None,
    temporal_binary: TemporalBinaryOption = None,
) -> None:
    """Run the whole service on this machine: Temporal, a worker and the API."""
    require_server()
    from reelbatch.cli.stack.settings import StackOptions
    from reelbatch.cli.stack.up import run_stack

    options = StackOptions(
        api_port=api_port,
        temporal_port=temporal_port,
        ui_port=ui_port,
        render_processes=render_processes,
        temporal_binary=temporal_binary,
    )
    asyncio.run(run_stack(Home.at(home), options))


@app.command()
def api() -> None:
    """Run the API, configured by environment variables. It needs Temporal and an object store."""
    become("api")


@app.command()
def worker(
    *,
    engines: Annotated[
        str | None,
        typer.Option(help="Engines to serve, as in `nexrender,html`. Default: REELBATCH_ENGINES."),
    ] = None,
) -> None:
    """Run a worker, configured by environment variables. It needs Temporal and an object store."""
    names = [name.strip() for name in (engines or "").split(",") if name.strip()]
    become("worker", {"REELBATCH_ENGINES": json.dumps(names)} if names else None)


@app.command()
def demo(
    *,
    output: Annotated[Path, typer.Option(help="Folder for the rendered files.")] = Path(
        "demo-output"
    ),
    home: Annotated[
        Path | None, typer.Option(help="Folder for the service's data. Default: OUTPUT/.home.")
    ] = None,
    examples: Annotated[
        Path | None,
        typer.Option(help="Folder with templates and requests. Default: Reelbatch's own examples."),
    ] = None,
    render_processes: RenderProcessesOption = None,
    temporal_binary: TemporalBinaryOption = None,
) -> None:
    """Start the service, render a batch of 24 jobs and show the results."""
    require_server()
    from reelbatch.cli.demo.run import Demo, run_demo
    from reelbatch.cli.stack.settings import StackOptions

    examples = examples or application_folder() / "examples"
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
    *,
    home: HomeOption = DEFAULT_HOME,
    temporal_binary: TemporalBinaryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that this machine can run the service, and that a running service is healthy."""
    require_server()
    from reelbatch.cli.doctor.examine import examine

    asyncio.run(examine(Home.at(home), temporal_binary, as_json=as_json))


@app.command("prepare-temporal")
def prepare_temporal() -> None:
    """Register Reelbatch's search attributes with the server at REELBATCH_TEMPORAL_ADDRESS.

    Run it once for a Temporal server of your own. `reelbatch up` does it by itself.
    """
    require_server()
    from reelbatch.cli.stack.settings import current_settings
    from reelbatch.cli.stack.temporal_namespace import prepare_namespace

    asyncio.run(prepare_namespace(current_settings()))
    say("The namespace has all search attributes.")


def main() -> None:
    """Run the command and exit with its code."""
    if sys.platform == "win32":  # where files and pipes default to a Western European encoding
        for stream in (sys.stdout, sys.stderr):
            cast("TextIOWrapper", stream).reconfigure(encoding="utf-8")
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # Not sys.exit: threads of the Temporal client may crash the interpreter during its clean-up
    # (measured: one exit in forty), and the exit code would be lost.
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    as_json = "--json" in arguments
    try:
        code = app(args=arguments, standalone_mode=not as_json)
    except (CommandFailed, ReelbatchError) as failure:
        return end_with(failure, as_json=as_json)
    except OSError as error:
        return end_with(CommandFailed(f"{error}."), as_json=as_json)
    except typer.TyperException as error:  # only with --json: otherwise Typer prints it itself
        return end_with(CommandFailed(_message(error), ExitCode.USAGE, "USAGE"), as_json=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return code if isinstance(code, int) else ExitCode.DONE


def _message(error: typer.TyperException) -> str:
    """The message with the name of the option or argument, which str() leaves out."""
    return getattr(error, "format_message", error.__str__)()
