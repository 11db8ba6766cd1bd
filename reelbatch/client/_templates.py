"""What can be done with templates."""

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

    The name is the file's if left out, and so is the type: `lottie` for .json and .lottie, `zip`
    for .zip, `aep` and `mogrt` for After Effects projects. With `lossy`, compositions of these are
    drawn though they will not look as designed. Raises TemplateUnusable if the service cannot read
    the file, WaitTimedOut if it has not within `timeout` seconds, OSError, and ValueError for a
    file of no known type.
    """
    path = Path(file)
    kind = template_type or _TYPE_OF_SUFFIX.get(path.suffix.lower())
    if kind is None:
        raise ValueError(
            f"the name of {path} does not tell its type: say aep, html, lottie, mogrt or zip"
        )
    content = yield from do(path.read_bytes)
    template = yield from create_template(
        session, kind, name or path.stem, renderer=renderer, lossy=lossy
    )
    upload = template.upload_info
    if upload is None:
        raise UnexpectedAnswer(f"The service does not say where template {template.id} goes.")
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
    """Announce a template. Its file comes from the URL `src`, or is PUT to `upload_info.url`."""
    body: dict[str, JsonValue] = {"type": template_type, "displayName": name}
    body |= ({"src": src} if src else {}) | ({"lossy": True} if lossy else {})
    body |= {"renderer": renderer} if renderer != "auto" else {}
    request = replace(session.request("POST", "templates", body=body), is_repeatable=False)
    return read_model(Template, (yield from session.send(request)))


def wait_for_template(
    session: Session, template_id: str, timeout: float | None = _READ_TIME
) -> Steps[Template]:
    """The template once it can be used. Raises TemplateUnusable, and WaitTimedOut."""
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
                f"Template {template_id} has not been read after {timeout:.0f} seconds "
                f"({template.status}); is a worker running?"
            )
        yield Pause(_CHECK_INTERVAL)


def list_templates(session: Session) -> Steps[list[Template]]:
    """The team's templates, oldest first."""
    return read_models(Template, (yield from session.send(session.request("GET", "templates"))))


def read_template(session: Session, template_id: str) -> Steps[Template]:
    """One template, with its compositions, layers and fonts once it is uploaded."""
    request = session.request("GET", "templates", template_id)
    return read_model(Template, (yield from session.send(request)))


def example_table(session: Session, template_id: str, composition: str | None = None) -> Steps[str]:
    """A CSV for `batches.create_from_table`, with a column for each field of the composition, and a
    row of the template's own words."""
    query = {"format": "csv", "composition": composition}
    request = session.request("GET", "templates", template_id, "fields", query=query)
    response: httpx.Response = yield from session.send(request)
    return response.content.decode()


def picture_of_template(
    session: Session, template_id: str, file: AnyPath, composition: str | None = None
) -> Steps[Path]:
    """One frame of the middle of a composition, or of the first one, at half its size.

    PNG, JPEG or WebP, by the ending of `file`. Raises ValueError for another ending, and
    TemplateUnusable where there is nothing to be drawn.
    """
    codec = _CODEC_OF_SUFFIX.get(Path(file).suffix.lower())
    if codec is None:
        raise ValueError(f"a picture is a file such as template.png, .jpg or .webp; not {file}")
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
        raise TemplateUnusable(f"The template has no picture: {ended.error}")
    return (yield from download_output(session, ended.id, file))


def rename_template(session: Session, template_id: str, name: str) -> Steps[Template]:
    request = session.request("PATCH", "templates", template_id, body={"displayName": name})
    return read_model(Template, (yield from session.send(request)))


def change_template(
    session: Session,
    template_id: str,
    *,
    renderer: Renderer | None = None,
    lossy: bool | None = None,
) -> Steps[Template]:
    """Change how a template is drawn: `lossy` is for After Effects projects alone, `renderer` for
    Lottie templates too. None leaves a setting as it is."""
    asked: dict[str, JsonValue] = {"renderer": renderer, "lossy": lossy}
    body = {key: value for key, value in asked.items() if value is not None}
    request = session.request("PATCH", "templates", template_id, body=body)
    return read_model(Template, (yield from session.send(request)))


def delete_template(session: Session, template_id: str) -> Steps[None]:
    """Raises Conflict while jobs use it. Outputs that were made from it stay."""
    yield from session.send(session.request("DELETE", "templates", template_id))


def download_template(session: Session, template_id: str, file: AnyPath) -> Steps[Path]:
    """The file that was uploaded. Raises Gone if there is none."""
    request = session.request("GET", "templates", template_id, "download")
    link = read_model(_Link, (yield from session.send(request)))
    signed = Request("GET", link.url, silence=session.timeout, follows_redirects=True)
    return (yield from fetch(session, signed, Path(file)))
