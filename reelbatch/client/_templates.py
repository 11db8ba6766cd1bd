"""Operations on templates."""

from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TypeAlias

import httpx
from pydantic import JsonValue

from reelbatch.client._downloads import download_output, fetch
from reelbatch.client._errors import TemplateUnusable, UnexpectedAnswer, WaitTimedOut
from reelbatch.client._jobs import create_job, wait_for_job
from reelbatch.client._session import Session, read_model, read_models
from reelbatch.client._steps import Pause, Request, Steps, do
from reelbatch.models.wire.base import OpenWireModel
from reelbatch.models.wire.templates import Renderer, Template, TemplateStatus

AnyPath: TypeAlias = str | Path

_TYPE_OF_SUFFIX = {
    ".aep": "aep",
    ".aet": "aep",
    ".html": "html",
    ".json": "lottie",
    ".lottie": "lottie",
    ".mogrt": "mogrt",
    ".zip": "zip",
}

_CHECK_INTERVAL = 0.2  # seconds
_READ_TIME = 120.0  # seconds; the service reads a file in well under one

_CODEC_OF_SUFFIX = {
    ".png": "image_png",
    ".jpg": "image_jpeg",
    ".jpeg": "image_jpeg",
    ".webp": "image_webp",
}


class _Link(OpenWireModel):
    url: str


class _CompositionData(OpenWireModel):
    frames: int


class _Composition(OpenWireModel):
    name: str
    data: _CompositionData


def push_template(
    session: Session,
    file: AnyPath,
    *,
    name: str | None = None,
    template_type: str | None = None,
    renderer: Renderer = "auto",
    lossy: bool = False,
    timeout: float | None = _READ_TIME,
) -> Steps[Template]:
    """Upload a file as a new template, and wait until the service has read it.

    Args:
        file: The file.
        name: The name of the template; by default that of the file, without its extension.
        template_type: `lottie`, `zip`, `aep`, `mogrt` or `html`; by default from the extension
            of the file.
        renderer: What draws the template; `auto` lets the service choose.
        lossy: Draw an After Effects project even if it will not look as designed.
        timeout: Seconds to wait until the file has been read; None: without a limit.

    Raises:
        TemplateUnusable: The service cannot read the file.
        WaitTimedOut: The service has not read the file after `timeout` seconds.
        ValueError: The extension of the file does not determine the type.
        OSError: The file cannot be read on this machine.

    Examples:
        ```python
        template = client.templates.push("product-promo.zip", name="promo")
        print(template.compositions, template.layers)
        ```
    """
    path = Path(file)
    kind = template_type or _TYPE_OF_SUFFIX.get(path.suffix.lower())
    if kind is None:
        raise ValueError(
            f"The type of {path} cannot be determined from its name: give aep, html, lottie, mogrt "
            "or zip."
        )
    content = yield from do(path.read_bytes)
    template = yield from create_template(
        session, kind, name or path.stem, renderer=renderer, lossy=lossy
    )
    upload = template.upload_info
    if upload is None:
        raise UnexpectedAnswer(f"The service did not say where to upload template {template.id}.")
    headers = {"Content-Type": "application/octet-stream"}
    yield from session.send(
        Request(upload.method, upload.url, headers, content=content, silence=session.timeout)
    )
    return (yield from wait_for_template(session, template.id, timeout))


def create_template(
    session: Session,
    template_type: str,
    name: str,
    *,
    src: str | None = None,
    renderer: Renderer = "auto",
    lossy: bool = False,
) -> Steps[Template]:
    """Create a template without uploading its file.

    Args:
        template_type: `lottie`, `zip`, `aep`, `mogrt` or `html`.
        name: The name of the template.
        src: The URL that the service downloads the file from. Without one, upload the file with a
            PUT to `upload_info.url` of the result.
        renderer: What draws the template; `auto` lets the service choose.
        lossy: Draw an After Effects project even if it will not look as designed.
    """
    body: dict[str, JsonValue] = {"type": template_type, "displayName": name}
    body |= ({"src": src} if src else {}) | ({"lossy": True} if lossy else {})
    body |= {"renderer": renderer} if renderer != "auto" else {}
    request = replace(session.request("POST", "templates", body=body), is_repeatable=False)
    return read_model(Template, (yield from session.send(request)))


def wait_for_template(
    session: Session, template_id: str, timeout: float | None = _READ_TIME
) -> Steps[Template]:
    """Wait until a template can be used.

    Args:
        template_id: The id of the template.
        timeout: Seconds to wait; None: without a limit.

    Raises:
        TemplateUnusable: The service cannot read the file.
        WaitTimedOut: The service has not read the file after `timeout` seconds.
    """
    deadline = None if timeout is None else monotonic() + timeout
    while True:
        template = yield from read_template(session, template_id)
        if template.status is TemplateStatus.UPLOADED:
            return template
        if template.status is TemplateStatus.ERROR:
            raise TemplateUnusable(
                f"{template.display_name} cannot be used as a template: {template.error}"
            )
        if deadline is not None and monotonic() + _CHECK_INTERVAL > deadline:
            raise WaitTimedOut(
                f"Template {template_id} was not read within {timeout:.0f} seconds "
                f"({template.status}); is a worker running?"
            )
        yield Pause(_CHECK_INTERVAL)


def list_templates(session: Session) -> Steps[list[Template]]:
    """List the team's templates, oldest first."""
    return read_models(Template, (yield from session.send(session.request("GET", "templates"))))


def read_template(session: Session, template_id: str) -> Steps[Template]:
    """Read a template, with its compositions, layers and fonts once it is uploaded."""
    request = session.request("GET", "templates", template_id)
    return read_model(Template, (yield from session.send(request)))


def example_table(session: Session, template_id: str, composition: str | None = None) -> Steps[str]:
    """Read an example table for `batches.create_from_table`, as CSV.

    It has a column for each field of the composition, and one row with the template's own texts.

    Args:
        template_id: The id of the template.
        composition: The composition; by default the first one.
    """
    query = {"format": "csv", "composition": composition}
    request = session.request("GET", "templates", template_id, "fields", query=query)
    response: httpx.Response = yield from session.send(request)
    return response.content.decode()


def picture_of_template(
    session: Session, template_id: str, file: AnyPath, composition: str | None = None
) -> Steps[Path]:
    """Render the middle frame of a composition, at half its size.

    Args:
        template_id: The id of the template.
        file: The file to write: PNG, JPEG or WebP, according to its extension.
        composition: The composition; by default the first one.

    Raises:
        ValueError: The file has another extension.
        TemplateUnusable: The composition cannot be drawn.
    """
    codec = _CODEC_OF_SUFFIX.get(Path(file).suffix.lower())
    if codec is None:
        raise ValueError(
            f"{file} cannot be a picture: its name must end in .png, .jpg, .jpeg or .webp"
        )
    request = session.request("GET", "templates", template_id, "compositions", version="v3")
    found = read_models(_Composition, (yield from session.send(request)))
    shown = next((each for each in found if composition in (None, each.name)), None)
    settings: dict[str, JsonValue] = {"type": "image", "codec": codec, "quality": "draft"}
    settings["frames"] = shown.data.frames // 2 if shown else 0
    template: dict[str, JsonValue] = {"id": template_id}
    if composition or shown:
        template["composition"] = composition or (shown.name if shown else None)
    if (yield from read_template(session, template_id)).lossy is not None:
        template["lossy"] = True
    job = {"template": template, "settings": settings, "tags": ["preview"]}
    created = yield from create_job(session, job)
    ended = yield from wait_for_job(session, created.id)
    if ended.error:
        raise TemplateUnusable(f"The template cannot be drawn: {ended.error}")
    return (yield from download_output(session, ended.id, file))


def rename_template(session: Session, template_id: str, name: str) -> Steps[Template]:
    """Give a template another name."""
    request = session.request("PATCH", "templates", template_id, body={"displayName": name})
    return read_model(Template, (yield from session.send(request)))


def change_template(
    session: Session,
    template_id: str,
    *,
    renderer: Renderer | None = None,
    lossy: bool | None = None,
) -> Steps[Template]:
    """Change how a template is drawn.

    Args:
        template_id: The id of the template.
        renderer: What draws a Lottie template or an After Effects project; None: unchanged.
        lossy: Whether to draw an After Effects project even if it will not look as designed;
            None: unchanged.
    """
    settings: dict[str, JsonValue] = {"renderer": renderer, "lossy": lossy}
    body = {key: value for key, value in settings.items() if value is not None}
    request = session.request("PATCH", "templates", template_id, body=body)
    return read_model(Template, (yield from session.send(request)))


def delete_template(session: Session, template_id: str) -> Steps[None]:
    """Delete a template. Outputs that were made from it are kept.

    Raises:
        Conflict: Jobs are using the template.
    """
    yield from session.send(session.request("DELETE", "templates", template_id))


def download_template(session: Session, template_id: str, file: AnyPath) -> Steps[Path]:
    """Download the file that was uploaded.

    Raises:
        Gone: The file does not exist.
    """
    request = session.request("GET", "templates", template_id, "download")
    link = read_model(_Link, (yield from session.send(request)))
    signed = Request("GET", link.url, silence=session.timeout, follows_redirects=True)
    return (yield from fetch(session, signed, Path(file)))
