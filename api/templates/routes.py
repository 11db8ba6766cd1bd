"""The endpoints of templates in v2, and what they share with v3."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from api.http.errors import documented
from api.http.requests import id_or_not_found, read_model
from api.http.responses import respond, respond_all
from api.openapi.inputs import CREATE_TEMPLATE, RENAME_TEMPLATE
from api.resources import MayReadJobs, MayWriteTemplates, RequestUrls, Resources, Shared
from api.submission.plan import engine_of, renderer_choices, renderer_problem
from api.submission.tables.fields import fields_of
from api.templates.launch import check_src, start_download
from api.urls import LINK_LIFETIME, Urls
from api.visibility import active_users_of_template
from reelbatch.checks.fonts import (
    FontNeeds,
    TemplateFonts,
    needs_team_fonts,
    own_needs,
    template_shortcomings,
)
from reelbatch.checks.template import TemplateOffer, as_drawn_by
from reelbatch.engines.base import RenderEngine
from reelbatch.engines.registry import engine_for_template_type, renderers_of
from reelbatch.models.errors import (
    BodyTooLarge,
    Gone,
    InvalidJson,
    QuotaExceeded,
    RequestError,
    TemplateInUse,
    TemplateNotFound,
    Unavailable,
)
from reelbatch.models.ids import new_id
from reelbatch.models.problems import Problem, error_of
from reelbatch.models.stored.fonts import FontRecord
from reelbatch.models.stored.templates import Layer, TemplateDownload, TemplateRecord
from reelbatch.models.wire.base import Absent, WireModel
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.templates import (
    Renderer,
    Template,
    TemplateCreation,
    TemplateLayer,
    TemplateStatus,
    TemplateUpdate,
    TemplateUploadInfo,
)
from reelbatch.models.wire.warnings import Shortcomings, shortcomings
from reelbatch.settings import ByteLimit
from reelbatch.storage.files import find_file
from reelbatch.storage.fonts import list_fonts
from reelbatch.storage.templates import (
    delete_template,
    list_templates,
    read_template,
    write_template,
)

router = APIRouter(tags=["templates"])


class TemplateCreated(Template):
    """The new template with its upload link, in every form that clients are known to read.

    A template that is fetched from a URL has no upload link.
    """

    template: Template
    upload_url: Absent[str] = None


class DownloadLink(WireModel):
    url: str


@router.post(
    "/templates",
    status_code=201,
    response_model=TemplateCreated,
    responses=documented(RequestError, InvalidJson, BodyTooLarge, QuotaExceeded, Unavailable),
    openapi_extra=CREATE_TEMPLATE,
)
async def create_or_update_template(
    request: Request, resources: Shared, team: MayWriteTemplates, urls: RequestUrls
) -> Response:
    """Create a template.

    Its file is then PUT to `uploadInfo.url`, or fetched from `src` by the server.
    """
    creation = await read_model(request, TemplateCreation)
    if creation.src is not None:
        check_src(creation.src, resources.settings)
        await resources.quotas.room(team, ByteLimit(1))
    record = _new_record(resources, team, creation)
    _check_renderer(creation.renderer, record)
    await write_template(resources.store, record)
    template = await template_response(resources, record)
    if record.download is not None:
        await start_download(resources, record, record.download)
        return respond(TemplateCreated(**dict(template), template=template), 201)
    info = _upload_info(record, urls)
    template = template.model_copy(update={"upload_info": info})
    return respond(TemplateCreated(**dict(template), template=template, upload_url=info.url), 201)


@router.get(
    "/templates", name="list_templates", response_model=list[Template], responses=documented()
)
async def get_templates(resources: Shared, team: MayReadJobs) -> Response:
    """List the team's templates, oldest first."""
    records = await list_templates(resources.store, team)
    found = await known_shortcomings(resources, team, records)
    pairs = zip(records, found, strict=True)
    return respond_all([_template(resources, *each) for each in pairs])


@router.get(
    "/templates/{template_id}", response_model=Template, responses=documented(TemplateNotFound)
)
async def get_template(template_id: str, resources: Shared, team: MayReadJobs) -> Response:
    """Get one template, with its compositions, layers and fonts once it is uploaded."""
    record = await find_template(resources, team, template_id)
    return respond(await template_response(resources, record))


@router.patch(
    "/templates/{template_id}",
    response_model=Template,
    responses=documented(RequestError, InvalidJson, BodyTooLarge, TemplateNotFound),
    openapi_extra=RENAME_TEMPLATE,
)
async def update_template(
    template_id: str, request: Request, resources: Shared, team: MayWriteTemplates
) -> Response:
    """Change a template's `displayName`, `renderer` or `lossy`."""
    update = await read_model(request, TemplateUpdate, if_empty=b"{}")
    record = await find_template(resources, team, template_id)
    _check_renderer(update.renderer or "auto", record)
    if changes := update.model_dump(exclude_none=True):
        record = _changed(record, **changes)
        await write_template(resources.store, record)
    return respond(await template_response(resources, record))


@router.delete(
    "/templates/{template_id}",
    name="delete_template",
    status_code=204,
    responses=documented(TemplateNotFound, TemplateInUse),
)
async def remove_template(template_id: str, resources: Shared, team: MayWriteTemplates) -> Response:
    """Delete a template and its file permanently.

    Jobs that have ended are kept.
    """
    record = await find_template(resources, team, template_id)
    active = await active_users_of_template(resources.client, team, record.id)
    if active:
        raise TemplateInUse
    await delete_template(resources.store, team, record.id)
    return Response(status_code=204)


@router.get(
    "/templates/{template_id}/download",
    response_model=DownloadLink,
    responses=documented(TemplateNotFound, Gone),
)
@router.get(
    "/templates/{template_id}/upload",
    name="get_template_download_url_older",
    response_model=DownloadLink,
    responses=documented(TemplateNotFound, Gone),
    deprecated=True,
)
async def get_template_download_url(
    template_id: str, resources: Shared, team: MayReadJobs, urls: RequestUrls
) -> Response:
    """Create a link to the template's file that works without a token for an hour."""
    record = await find_template(resources, team, template_id)
    if record.source is None or await find_file(resources.store, record.source) is None:
        raise Gone("The template has no file: upload one.")
    return respond(DownloadLink(url=urls.download(record)))


@router.put(
    "/templates/{template_id}/upload",
    response_model=TemplateUploadInfo,
    responses=documented(TemplateNotFound),
)
async def get_template_upload_url(
    template_id: str, resources: Shared, team: MayWriteTemplates, urls: RequestUrls
) -> Response:
    """Create a new upload link for a template.

    Earlier links stop working.
    """
    record = await find_template(resources, team, template_id)
    status = record.status
    if status is TemplateStatus.DOWNLOADING:  # the link voids the download too
        status = TemplateStatus.AWAITING_UPLOAD
    renewed = _changed(record, upload_nonce=uuid4().hex, uploads=0, download=None, status=status)
    await write_template(resources.store, renewed)
    return respond(_upload_info(renewed, urls))


async def find_template(resources: Resources, team: str, template_id: str) -> TemplateRecord:
    """The team's template. Raises TemplateNotFound, also for malformed ids."""
    id_or_not_found(template_id, TemplateNotFound)
    record = await read_template(resources.store, team, template_id)
    if record is None:
        raise TemplateNotFound
    return record


async def template_response(resources: Resources, record: TemplateRecord) -> Template:
    """The template with its layers and fields, which lists omit."""
    [flaws] = await known_shortcomings(resources, record.team, [record])
    template = _template(resources, record, flaws)
    if record.inspection is None:
        return template
    offer = TemplateOffer(record.inspection)
    details = {
        "layer_details": [*map(_layer, record.inspection.layers)],
        "fields": [field.wire for field in fields_of(offer, offer.root)],
        "project": record.inspection.project,
    }
    return template.model_copy(update=details)


async def known_shortcomings(
    resources: Resources, team: str, records: Sequence[TemplateRecord]
) -> list[Shortcomings]:
    """The parts of each template that will not look as designed with the team's current fonts."""
    needs = [_own_needs(resources, record) for record in records]
    fonts: list[FontRecord] = []
    if any(need is not None and needs_team_fonts(need) for need in needs):
        fonts = await list_fonts(resources.store, team)
    return [
        template_shortcomings(need, fonts) if need else shortcomings([], [], []) for need in needs
    ]


def _own_needs(resources: Resources, record: TemplateRecord) -> FontNeeds | None:
    """The fonts that a template needs; None if it has not been read yet."""
    engine, found = _engine_of(resources, record), record.inspection
    if found is None:
        return None
    if engine is None:
        return own_needs(TemplateFonts(found, ()))
    return own_needs(TemplateFonts(as_drawn_by(engine, found), engine.fonts))


def _engine_of(resources: Resources, record: TemplateRecord) -> type[RenderEngine] | None:
    """The engine that draws the template by default; None if this server has no such engine."""
    own = resources.engines.get(record.engine)
    if own is None:
        return None
    is_project = record.converted is not None
    engine = engine_of(record.renderer, own, resources.engines, is_project=is_project)
    return own if isinstance(engine, Problem) else engine


def _renderers(
    resources: Resources, record: TemplateRecord, flaws: Shortcomings
) -> dict[str, object]:
    """The template's renderer, the possible ones, and one that draws more of the template."""
    is_project = record.converted is not None
    choices = renderer_choices(resources.engines, record.engine, is_project=is_project)
    if choices == ["auto"]:
        return {}
    names = renderers_of(resources.engines, record.engine)
    codes = {warning.code for warning in flaws["warnings"]}
    better = (name for name in names[1:] if codes & resources.engines[name].draws)
    return {
        "renderer": record.renderer,
        "renderers": choices,
        "suggested_renderer": next(better, None),
    }


def _layer(layer: Layer) -> TemplateLayer:
    return TemplateLayer(
        name=layer.name,
        composition=layer.composition,
        type=layer.layer_type,
        text=layer.text,
        width=layer.width,
        height=layer.height,
        shown=layer.shown,
    )


def _template(resources: Resources, record: TemplateRecord, flaws: Shortcomings) -> Template:
    found = record.inspection
    template = Template(
        id=record.id,
        type=record.type,
        display_name=record.display_name,
        status=record.status,
        created_at=record.created_at,
        updated_at=record.updated_at,
        compositions=[composition.name for composition in found.compositions] if found else [],
        layers=list(dict.fromkeys(layer.name for layer in found.layers)) if found else [],
        fonts=[face.label for face in found.fonts] if found else [],
        mogrt=found.mogrt if found else None,
        error=record.error,
        lossy=record.lossy if record.converted else None,
        **flaws,
    )
    return template.model_copy(update=_renderers(resources, record, flaws))


def _new_record(resources: Resources, team: str, creation: TemplateCreation) -> TemplateRecord:
    now, src = datetime.now(UTC), creation.src
    return TemplateRecord(
        id=new_id(),
        team=team,
        type=creation.type,
        display_name=creation.display_name,
        engine=_engine_for(resources, creation.type),
        status=TemplateStatus.DOWNLOADING if src else TemplateStatus.AWAITING_UPLOAD,
        created_at=now,
        updated_at=now,
        upload_nonce=uuid4().hex,
        renderer=creation.renderer,
        lossy=creation.lossy,
        download=TemplateDownload(id=new_id(), src=src) if src else None,
    )


def _engine_for(resources: Resources, template_type: str) -> str:
    """The engine for a template type. Raises RequestError that lists the supported types."""
    engine = engine_for_template_type(resources.engines, template_type)
    if engine is None:
        served = sorted(t for known in resources.engines.values() for t in known.template_types)
        must_be = f"must be one of {', '.join(served)}" if served else "has no engine here"
        raise RequestError(
            f"type: No engine of this server renders {template_type}; the type {must_be}.",
            details=[FieldError(field="type", message=must_be)],
        )
    return engine.name


def _check_renderer(renderer: Renderer, record: TemplateRecord) -> None:
    """Raises NotSupported. Only the type is checked, since the template may get another file."""
    if problem := renderer_problem(renderer, record.type):
        raise error_of([problem])


def _upload_info(record: TemplateRecord, urls: Urls) -> TemplateUploadInfo:
    return TemplateUploadInfo(
        url=urls.upload(record),
        expires_in=int(LINK_LIFETIME.total_seconds()),
        key=f"{record.team}/{record.id}",
    )


def _changed(record: TemplateRecord, **changes: object) -> TemplateRecord:
    return record.model_copy(update={**changes, "updated_at": datetime.now(UTC)})
