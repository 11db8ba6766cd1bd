"""`reelbatch templates …`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import out, print_json
from cli.options import DEFAULT_HOME, HomeOption, JsonOption, TokenOption, UrlOption, api_client
from cli.templates import push_template, template_id_of, template_table, templates_table

app = typer.Typer(help="Upload and look at templates.", no_args_is_help=True)

TemplateArgument = Annotated[
    str, typer.Argument(metavar="TEMPLATE", help="The template's id, or its name.")
]


@app.command()
def push(
    file: Path,
    *,
    template_type: Annotated[
        str | None,
        typer.Option("--type", help="lottie for .json and .lottie, zip for .zip if left out."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The file's name if left out.")] = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Upload a template and wait until it can be used."""
    with api_client(url, token, home) as client:
        template = push_template(client, file, template_type, name)
    if as_json:
        print_json(template)
    else:
        out.print(f"template {template.id}: {template.display_name}", markup=False)


@app.command("list")
def list_all(
    *,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """List the team's templates."""
    with api_client(url, token, home) as client:
        templates = client.templates()
    if as_json:
        print_json(templates)
    else:
        out.print(templates_table(templates))


@app.command()
def inspect(
    template: TemplateArgument,
    *,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show what a template offers: compositions, layers and fonts."""
    with api_client(url, token, home) as client:
        found = client.template(template_id_of(client, template))
    if as_json:
        print_json(found)
    else:
        out.print(template_table(found))


@app.command()
def delete(
    template: TemplateArgument,
    *,
    url: UrlOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Delete a template; outputs that were made from it stay."""
    with api_client(url, token, home) as client:
        template_id = template_id_of(client, template)
        client.delete_template(template_id)
    out.print(f"template {template_id} is deleted")
