"""`reelbatch templates …`."""

from pathlib import Path
from typing import Annotated

import typer

from reelbatch.cli.commands.with_client import with_client
from reelbatch.cli.console import CommandFailed, print_result, print_table, say, say_warning
from reelbatch.cli.exit_codes import ExitCode
from reelbatch.cli.options import JsonOption
from reelbatch.cli.pushed_templates import (
    fields_table,
    push_template,
    renderer_hint,
    renderer_named,
    template_id_of,
    template_table,
    templates_table,
)
from reelbatch.client import Reelbatch
from reelbatch.models.wire.templates import RENDERERS

app = typer.Typer(help="Upload and inspect templates.", no_args_is_help=True)

TemplateArgument = Annotated[
    str, typer.Argument(metavar="TEMPLATE", help="The template's id or name.")
]

_LOSSY = "Draw an After Effects project even if it will not look as designed."
_RENDERER = f"Renderer of a Lottie or After Effects project: {', '.join(RENDERERS)}."


@app.command()
@with_client
def push(
    client: Reelbatch,
    file: Path,
    *,
    template_type: Annotated[
        str | None,
        typer.Option("--type", help="aep, html, lottie, mogrt or zip. Default: from its name."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Default: the file's name.")] = None,
    lossy: Annotated[bool, typer.Option("--lossy", help=_LOSSY)] = False,
    renderer: Annotated[str | None, typer.Option(help=_RENDERER)] = None,
    as_json: JsonOption = False,
) -> None:
    """Upload a template and wait until it is ready."""
    template = push_template(
        client, file, template_type, name, renderer=renderer_named(renderer) or "auto", lossy=lossy
    )
    print_result(template, f"template {template.id}: {template.display_name}", as_json=as_json)
    if not as_json:
        for warning in (*template.warnings, renderer_hint(template)):
            if warning is not None:
                say_warning(str(warning))


@app.command("list")
@with_client
def list_all(client: Reelbatch, *, as_json: JsonOption = False) -> None:
    """List the team's templates."""
    templates = client.templates.list()
    print_result(templates, templates_table(templates), as_json=as_json)


@app.command()
@with_client
def inspect(
    client: Reelbatch,
    template: TemplateArgument,
    *,
    composition: Annotated[
        str | None,
        typer.Option(help="For --csv and --picture. Default: the template's first one."),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also draw one frame into FILE: PNG, JPEG or WebP."),
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print a table of its fields to start a batch with.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a template's fields, layers, fonts and warnings about its look."""
    template_id = template_id_of(client, template)
    if picture is not None:
        _draw(client, template_id, picture, composition)
    if as_csv:
        typer.echo(client.templates.example_table(template_id, composition), nl=False)
        return
    found = client.templates.get(template_id)
    if not as_json and found.fields:
        print_table(fields_table(found))
    print_result(found, template_table(found), as_json=as_json)


def _draw(client: Reelbatch, template_id: str, file: Path, composition: str | None) -> None:
    try:
        client.templates.picture(template_id, file, composition)
    except ValueError as error:
        raise CommandFailed(f"--picture: {error}.", ExitCode.USAGE, "USAGE") from error
    say(f"Saved a picture of the template in {file}.")


@app.command("set")
@with_client
def change(
    client: Reelbatch,
    template: TemplateArgument,
    *,
    lossy: Annotated[bool | None, typer.Option("--lossy/--strict", help=_LOSSY)] = None,
    renderer: Annotated[str | None, typer.Option(help=_RENDERER)] = None,
    as_json: JsonOption = False,
) -> None:
    """Change how a template is drawn."""
    template_id = template_id_of(client, template)
    found = client.templates.change(template_id, renderer=renderer_named(renderer), lossy=lossy)
    print_result(found, template_table(found), as_json=as_json)


@app.command()
@with_client
def delete(client: Reelbatch, template: TemplateArgument, *, as_json: JsonOption = False) -> None:
    """Delete a template. Outputs that were made from it are kept."""
    template_id = template_id_of(client, template)
    client.templates.delete(template_id)
    done = f"template {template_id} deleted"
    print_result({"id": template_id, "deleted": True}, done, as_json=as_json)
