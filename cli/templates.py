"""Templates from the command line: pushed, listed, and named by requests in files."""

import re
import time
from collections.abc import Iterable
from pathlib import Path

from rich.table import Column, Table
from rich.text import Text

from cli.client import ApiClient
from cli.console import CommandFailed
from models.ids import ID_PATTERN
from models.templates import Template, TemplateStatus

_TYPE_OF_SUFFIX = {".json": "lottie", ".lottie": "lottie", ".zip": "zip"}
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_ID_LENGTH = 26  # characters; a shortened id is of no use
_READ_TIME = 120.0  # seconds that reading an uploaded template may take
_CHECK_INTERVAL = 0.2  # seconds


def push_template(
    client: ApiClient, file: Path, template_type: str | None = None, name: str | None = None
) -> Template:
    """Upload `file` and wait until the service has read it.

    Raises CommandFailed if the file cannot be used.
    """
    if not file.is_file():
        raise CommandFailed(f"There is no file {file}.")
    template = client.create_template(template_type or _type_of(file), name or file.stem)
    upload = template.upload_info
    if upload is None:
        raise CommandFailed(f"The API did not say where to upload template {template.id}.")
    client.upload(upload.url, upload.method, file)
    return _wait_until_read(client, template.id, file)


def template_id_of(client: ApiClient, id_or_name: str) -> str:
    """The id itself, or that of the newest template with this name.

    Raises CommandFailed if no template is called so.
    """
    if re.fullmatch(ID_PATTERN, id_or_name):
        return id_or_name
    named = [t for t in client.templates() if t.display_name == id_or_name]
    if not named:
        raise CommandFailed(f"No template has the id or the name {id_or_name}.")
    return max(named, key=lambda template: template.created_at).id


def templates_table(templates: Iterable[Template]) -> Table:
    table = Table(Column("id", min_width=_ID_LENGTH), "name", "type", "status", "compositions")
    for template in templates:
        problem = f": {template.error}" if template.error else ""
        cells = (
            template.id,
            template.display_name,
            template.type,
            f"{template.status}{problem}",
            ", ".join(template.compositions),
        )
        table.add_row(*map(Text, cells))
    return table


def template_table(template: Template) -> Table:
    """All that a job can name in a template."""
    table = Table.grid(padding=(0, 2))
    rows = {
        "id": template.id,
        "name": template.display_name,
        "type": template.type,
        "status": template.status,
        "error": template.error,
        "compositions": "\n".join(template.compositions),
        "layers": "\n".join(template.layers),
        "fonts": "\n".join(template.fonts),
    }
    for name, value in rows.items():
        if value:
            table.add_row(Text(name, style="dim"), Text(value))
    return table


def fill_in_template_ids(request: str, templates: Iterable[Template]) -> str:
    """Replace each `{{name}}` by the id of the newest usable template that is called so.

    Raises CommandFailed if there is none.
    """
    usable = (t for t in templates if t.status is TemplateStatus.UPLOADED)
    ids = {t.display_name: t.id for t in sorted(usable, key=lambda t: t.created_at)}
    missing = sorted(set(_PLACEHOLDER.findall(request)) - ids.keys())
    if missing:
        raise CommandFailed(
            f"No usable template is called {' or '.join(missing)}; "
            f"upload it with `reelbatch templates push FILE --name {missing[0]}`."
        )
    return _PLACEHOLDER.sub(lambda match: ids[match[1]], request)


def has_placeholders(request: str) -> bool:
    return _PLACEHOLDER.search(request) is not None


def _type_of(file: Path) -> str:
    try:
        return _TYPE_OF_SUFFIX[file.suffix.lower()]
    except KeyError:
        raise CommandFailed(
            f"The type of {file} cannot be told from its name; say --type lottie or --type zip."
        ) from None


def _wait_until_read(client: ApiClient, template_id: str, file: Path) -> Template:
    deadline = time.monotonic() + _READ_TIME
    while True:
        template = client.template(template_id)
        if template.status is TemplateStatus.UPLOADED:
            return template
        if template.status is TemplateStatus.ERROR:
            raise CommandFailed(f"{file} cannot be used as a template: {template.error}")
        if time.monotonic() > deadline:
            raise CommandFailed(
                f"Template {template_id} has not been read after {_READ_TIME:.0f} seconds; "
                "is a worker running?"
            )
        time.sleep(_CHECK_INTERVAL)
