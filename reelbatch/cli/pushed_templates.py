"""Templates on the command line: uploaded, listed, and named in request files."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.table import Table

from reelbatch.cli.console import CommandFailed, details, listing
from reelbatch.client import Reelbatch, Template, TemplateLayer, TemplateStatus
from reelbatch.models.ids import ID_PATTERN
from reelbatch.models.wire.templates import RENDERERS, Renderer, TemplateControl
from reelbatch.spelling import did_you_mean

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


def push_template(
    client: Reelbatch,
    file: Path,
    template_type: str | None = None,
    name: str | None = None,
    *,
    renderer: Renderer = "auto",
    lossy: bool = False,
) -> Template:
    """Upload `file` and wait until the service has read it.

    Raises CommandFailed if the file does not exist or its type is unknown.
    """
    if not file.is_file():
        raise CommandFailed(f"{file} does not exist.")
    try:
        return client.templates.push(
            file, name=name, template_type=template_type, renderer=renderer, lossy=lossy
        )
    except ValueError as error:
        raise CommandFailed(
            f"The type of {file} cannot be determined from its name. Add --type aep, html, "
            "lottie, mogrt or zip."
        ) from error


def renderer_named(name: str | None) -> Renderer | None:
    """The renderer with this name. Raises CommandFailed if there is none."""
    known: dict[str | None, Renderer | None] = {None: None, **{one: one for one in RENDERERS}}
    if name not in known:
        raise CommandFailed(f"There is no renderer {name}. Choose one of {', '.join(RENDERERS)}.")
    return known[name]


def template_id_of(client: Reelbatch, id_or_name: str) -> str:
    """The id itself, or the id of the newest template with this name.

    Raises CommandFailed if no template has this name.
    """
    if re.fullmatch(ID_PATTERN, id_or_name):
        return id_or_name
    templates = list(client.templates.list())
    named = [template for template in templates if template.display_name == id_or_name]
    if not named:
        hint = did_you_mean(id_or_name, (template.display_name for template in templates))
        raise CommandFailed(f"No template has the id or name {id_or_name}.{hint}")
    return max(named, key=lambda template: template.created_at).id


def templates_table(templates: Iterable[Template]) -> Table:
    rows = [
        (
            template.id,
            template.display_name,
            template.type,
            f"{template.status}: {template.error}" if template.error else template.status,
            ", ".join(template.compositions),
        )
        for template in templates
    ]
    return listing(rows, "id", "name", "type", "status", "compositions")


def fields_table(template: Template) -> Table:
    """The fields that a table's columns can fill."""
    rows = [
        (
            field.column,
            field.control or field.kind,
            " ".join((field.words or "").split()),
            f"{field.width:g} x {field.height:g}" if field.width and field.height else "",
            field.composition,
            _font(template)(field.font) if field.font else "",
        )
        for field in template.fields
    ]
    return listing(rows, "column", "kind", "words", "size", "composition", "font")


def template_table(template: Template) -> Table:
    """Everything that a job can name in a template."""
    values = {
        "id": template.id,
        "name": template.display_name,
        "type": template.type,
        "status": template.status,
        "error": template.error,
        "compositions": "\n".join(template.compositions),
        "layers": "\n".join(map(_in_a_line, template.layer_details)),
        "controls": "\n".join(map(_control, template.mogrt.controls if template.mogrt else [])),
        "fonts": "\n".join(map(_font(template), template.fonts)),
        "renderer": _renderer(template),
        "lossy": None if template.lossy is None else ("yes" if template.lossy else "no"),
        "warnings": "\n".join(map(str, template.warnings)),
    }
    return details(values)


def renderer_hint(template: Template) -> str | None:
    """The command that selects a renderer that draws more of the template, if there is one."""
    if template.suggested_renderer is None:
        return None
    command = f"reelbatch templates set {template.id} --renderer {template.suggested_renderer}"
    return f"{template.suggested_renderer} draws more of it: {command}"


def _renderer(template: Template) -> str | None:
    if template.renderer is None or template.renderer in template.renderers:
        return " — ".join(filter(None, (template.renderer, renderer_hint(template)))) or None
    return f"{template.renderer} (not on this server, which has {', '.join(template.renderers)})"


def _in_a_line(layer: TemplateLayer) -> str:
    size = f", {layer.width:g} x {layer.height:g}" if layer.width and layer.height else ""
    hidden = "" if layer.shown else ", hidden"
    words = f": {' '.join(layer.text.split())}" if layer.text else ""
    return f"{layer.name} ({layer.type} of {layer.composition}{size}{hidden}){words}"


def _control(control: TemplateControl) -> str:
    options = f", of {', '.join(control.options)}" if control.options else ""
    return f"{control.name} ({control.type} of {control.layer}): {control.value}{options}"


def _font(template: Template) -> Callable[[str], str]:
    return lambda font: f"{font} (missing)" if font in template.missing_fonts else font


def fill_in_template_ids(request: str, templates: Iterable[Template]) -> str:
    """Replace each `{{name}}` by the id of the newest usable template with that name.

    Raises CommandFailed if there is none.
    """
    usable = (t for t in templates if t.status is TemplateStatus.UPLOADED)
    ids = {t.display_name: t.id for t in sorted(usable, key=lambda t: t.created_at)}
    missing = sorted(set(_PLACEHOLDER.findall(request)) - ids.keys())
    if missing:
        raise CommandFailed(
            f"No usable template is named {' or '.join(missing)}. "
            f"Upload it with `reelbatch templates push FILE --name {missing[0]}`."
            f"{did_you_mean(missing[0], ids)}"
        )
    return _PLACEHOLDER.sub(lambda match: ids[match[1]], request)


def has_placeholders(request: str) -> bool:
    return _PLACEHOLDER.search(request) is not None
