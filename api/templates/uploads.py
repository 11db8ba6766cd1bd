"""The signed links for uploading and downloading a template's file, which need no token."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request, Response
from temporalio.client import WorkflowFailureError

from api.http.errors import documented
from api.http.file_response import RequestedFile, file_response
from api.http.requests import limited_stream
from api.http.responses import respond
from api.openapi.document import file_responses
from api.openapi.inputs import UPLOAD_TEMPLATE
from api.resources import Resources, Shared
from api.templates.launch import template_headline, template_search_attributes
from api.templates.routes import find_template, template_response
from api.urls import check_download_url, checked_upload
from reelbatch.engines.archives import may_be_json
from reelbatch.engines.registry import (
    ARCHIVE_END,
    claimant,
    claims_on,
    engine_for_template_type,
)
from reelbatch.models.errors import (
    BodyTooLarge,
    Forbidden,
    Gone,
    QuotaExceeded,
    RequestError,
    TemplateNotFound,
    TooManyRequests,
)
from reelbatch.models.ids import new_id
from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE, template_workflow_id
from reelbatch.models.orchestration.templates import TemplateInspectionJob
from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.models.wire.templates import Template, TemplateStatus
from reelbatch.settings import ByteLimit
from reelbatch.storage import keys
from reelbatch.storage.files import StoredFile, find_file, save_chunks
from reelbatch.storage.templates import read_template, write_template
from reelbatch.storage.tokens import TEAM_PATTERN
from workflows.template import InspectTemplateWorkflow

log = structlog.get_logger("api")

router = APIRouter(tags=["signed links"])

MAX_UPLOADS = 20
"""The maximum number of files per link. Each is stored until nothing can use it any more."""

_START = 64  # bytes of a file that show whether it is JSON
_UPLOAD_WAIT = 5  # seconds until a client may try again
_INSPECTION_PATIENCE = 10.0  # seconds; after that the client polls the template's status


@router.put(
    "/uploads/{team}/{template_id}/{expires}/{signature}",
    response_model=Template,
    responses=documented(
        RequestError,
        BodyTooLarge,
        QuotaExceeded,
        Forbidden,
        Gone,
        TemplateNotFound,
        TooManyRequests,
    ),
    openapi_extra=UPLOAD_TEMPLATE,
)
async def upload_template(
    team: str, template_id: str, expires: int, signature: str, request: Request, resources: Shared
) -> Response:
    """Upload a template's file.

    The server then reads its compositions, layers and fonts.
    """
    linked = await _find_linked(resources, team, template_id)
    record = checked_upload(resources.signer, linked, expires, signature)
    if record.uploads >= MAX_UPLOADS:
        raise Gone(
            f"This link has received {MAX_UPLOADS} files, the maximum: get a new one "
            "with PUT /templates/{id}/upload."
        )
    upload = new_id()
    source = keys.template_source(team, template_id, upload)
    with _one_at_a_time(resources, record):
        limit = await resources.quotas.room(team, resources.settings.limit_of("template"))
        size = await _store_body(request, resources, source, limit)
        resources.quotas.note(team, size)
        uploaded = await _with_source(resources, record, source, size)
    await _inspect(resources, uploaded, source, upload)
    inspected = await find_template(resources, team, template_id)
    return respond(await template_response(resources, inspected))


@router.get(
    "/downloads/{team}/{template_id}/{expires}/{signature}",
    response_class=Response,
    responses=documented(RequestError, Forbidden, Gone, TemplateNotFound)
    | file_responses("application/octet-stream"),
)
async def download_template(
    team: str,
    template_id: str,
    expires: int,
    signature: str,
    resources: Shared,
    requested: RequestedFile,
) -> Response:
    """Download a template's file."""
    check_download_url(resources.signer, team, template_id, expires, signature)
    record = await find_template(resources, team, template_id)
    file = await find_file(resources.store, record.source) if record.source else None
    if file is None:
        raise Gone("The template has no file: upload one.")
    return file_response(
        resources.store,
        file,
        requested=requested,
        media_type="application/octet-stream",
        disposition=f'attachment; filename="{record.id}.{await _ending(resources, record, file)}"',
    )


async def _ending(resources: Resources, record: TemplateRecord, file: StoredFile) -> str:
    """The template's type, unless the file is plain JSON, which archive types accept too."""
    start = await resources.store.get_range_async(file.key, start=0, end=min(_START, file.size))
    return "json" if may_be_json(bytes(start)) else record.type


async def _find_linked(resources: Resources, team: str, template_id: str) -> TemplateRecord | None:
    if not TEAM_PATTERN.fullmatch(team):  # the path is untrusted
        return None
    with suppress(TemplateNotFound):
        return await find_template(resources, team, template_id)
    return None


@contextmanager
def _one_at_a_time(resources: Resources, record: TemplateRecord) -> Generator[None]:
    """Raises TooManyRequests if another file is being uploaded to the same link."""
    if record.upload_nonce in resources.uploading:
        raise TooManyRequests(
            "Another file is being uploaded to this link: send one at a time.",
            retry_after=_UPLOAD_WAIT,
        )
    resources.uploading.add(record.upload_nonce)
    try:
        yield
    finally:
        resources.uploading.discard(record.upload_nonce)


async def _store_body(request: Request, resources: Resources, key: str, limit: ByteLimit) -> int:
    """Stream the body into the store, and return its size in bytes."""
    size = await save_chunks(resources.store, key, limited_stream(request, limit))
    if size == 0:
        await resources.store.delete_async(key)
        raise RequestError("The upload is empty: send the template's file as the body.")
    return size


async def _with_source(
    resources: Resources, before: TemplateRecord, source: str, size: int
) -> TemplateRecord:
    """Point the record to the new file, unless it was deleted or its link replaced meanwhile."""
    record = await read_template(resources.store, before.team, before.id)
    if record is None or record.upload_nonce != before.upload_nonce:
        await resources.store.delete_async(source)
        raise Gone("The template was deleted, or this link was replaced, during the upload.")
    uploaded = record.model_copy(
        update={
            "status": TemplateStatus.PROCESSING,
            "source": source,
            "size": size,
            "uploads": record.uploads + 1,
            "error": None,
            "inspection": None,
            "converted": None,
            "engine": await _engine_of(resources, record, source, size),
            "updated_at": datetime.now(UTC),
        }
    )
    await write_template(resources.store, uploaded)
    return uploaded


async def _engine_of(resources: Resources, record: TemplateRecord, source: str, size: int) -> str:
    """The engine for the template's type, unless another one claims the archive's contents."""
    engine = engine_for_template_type(resources.engines, record.type)
    claims = claims_on(resources.engines, record.type)
    start = max(0, size - ARCHIVE_END)
    end = await resources.store.get_range_async(source, start=start, end=size) if claims else b""
    return claimant(claims, bytes(end)) or (engine.name if engine else record.engine)


async def _inspect(resources: Resources, record: TemplateRecord, source: str, upload: str) -> None:
    """Have a worker read the file, and wait a while for it: it usually takes a second."""
    handle = await resources.client.start_workflow(
        InspectTemplateWorkflow.run,
        TemplateInspectionJob(
            team=record.team, template_id=record.id, engine=record.engine, source=source
        ),
        id=f"{template_workflow_id(record.team, record.id)}/{upload}",
        task_queue=CONTROL_TASK_QUEUE,
        search_attributes=template_search_attributes(record),
        static_summary=template_headline(record),
    )
    try:
        await asyncio.wait_for(handle.result(), _INSPECTION_PATIENCE)
    except TimeoutError:
        log.info("the inspection is still in progress", template=record.id)
    except WorkflowFailureError:
        await _note_failed_inspection(resources, record)


async def _note_failed_inspection(resources: Resources, record: TemplateRecord) -> None:
    current = await read_template(resources.store, record.team, record.id)
    if current is not None and current.source == record.source:
        failed = {
            "status": TemplateStatus.ERROR,
            "error": "The file could not be inspected: upload it again.",
            "updated_at": datetime.now(UTC),
        }
        await write_template(resources.store, current.model_copy(update=failed))
