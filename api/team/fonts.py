"""The endpoints of fonts."""

import asyncio
from datetime import UTC, datetime
from pathlib import PurePath
from typing import BinaryIO

from fastapi import APIRouter, Request, Response, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.http.errors import documented
from api.http.requests import id_or_not_found, limited_stream
from api.http.responses import respond, respond_all
from api.openapi.inputs import UPLOAD_FONT
from api.resources import MayReadJobs, MayWriteTemplates, Resources, Shared
from api.team.font_tables import TableUnreadable, read_characters, read_names
from api.visibility import active_jobs, active_users_of_font
from reelbatch.models.errors import (
    BodyTooLarge,
    FontInUse,
    FontInvalid,
    FontNotFound,
    QuotaExceeded,
    RequestError,
)
from reelbatch.models.ids import new_id
from reelbatch.models.stored.fonts import FontRecord
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.fonts import Font, FontFace
from reelbatch.settings import ByteLimit
from reelbatch.storage import keys
from reelbatch.storage.fonts import delete_font, list_fonts, read_font, write_font

router = APIRouter(tags=["fonts"])

_FORM_OVERHEAD = 64 * 1024  # bytes for boundaries, headers and the other fields
_LONGEST_NAME = 255

# The first bytes of TrueType outlines, of Apple's TrueType, and of PostScript outlines
# (https://learn.microsoft.com/typography/opentype/spec/otff).
_EXTENSIONS = {b"\x00\x01\x00\x00": ".ttf", b"true": ".ttf", b"OTTO": ".otf"}

# Name ids: https://learn.microsoft.com/typography/opentype/spec/name
_NAMES = _FAMILY, _STYLE, _POSTSCRIPT_NAME, _TYPOGRAPHIC_FAMILY, _TYPOGRAPHIC_STYLE = (
    1,
    2,
    6,
    16,
    17,
)


@router.post(
    "/fonts",
    status_code=201,
    response_model=Font,
    responses=documented(RequestError, FontInvalid, BodyTooLarge, QuotaExceeded),
    openapi_extra=UPLOAD_FONT,
)
async def upload_font(request: Request, resources: Shared, team: MayWriteTemplates) -> Response:
    """Add a font to the team's fonts.

    The part `font` of the form is a TTF or OTF file.
    """
    file, family_name = await _read_form(
        request, await resources.quotas.room(team, resources.settings.limit_of("font"))
    )
    face, characters = await asyncio.to_thread(_read, file.file, _file_name(file))
    font_id = new_id()
    record = FontRecord(
        id=font_id,
        file_name=face.file_name,
        family_name=family_name or face.family or face.postscript_name,
        face=face,
        source=keys.font_source(team, font_id),
        characters=characters,
        created_at=datetime.now(UTC),
    )
    await file.seek(0)
    await write_font(resources.store, team, record, file.file)
    resources.quotas.note(team, file.size or 0)
    return respond(_font(record), 201)


@router.get("/fonts", name="list_fonts", response_model=list[Font], responses=documented())
async def get_fonts(resources: Shared, team: MayReadJobs) -> Response:
    """List the team's fonts, oldest first."""
    return respond_all([_font(record) for record in await list_fonts(resources.store, team)])


@router.get("/fonts/{font_id}", response_model=Font, responses=documented(FontNotFound))
async def get_font(font_id: str, resources: Shared, team: MayReadJobs) -> Response:
    """Get one font."""
    return respond(_font(await _find(resources, team, font_id)))


@router.delete(
    "/fonts/{font_id}",
    name="delete_font",
    status_code=204,
    responses=documented(FontNotFound, FontInUse),
)
async def remove_font(font_id: str, resources: Shared, team: MayWriteTemplates) -> Response:
    """Delete a font, unless active jobs use it."""
    record = await _find(resources, team, font_id)
    if await active_users_of_font(resources.client, team, record.id):
        raise FontInUse
    # A job that has just been accepted may not be listed yet, and still needs the file.
    busy = await active_jobs(resources.client, team) > 0
    await delete_font(resources.store, team, record, keep_file=busy)
    return Response(status_code=204)


async def _find(resources: Resources, team: str, font_id: str) -> FontRecord:
    id_or_not_found(font_id, FontNotFound)
    record = await read_font(resources.store, team, font_id)
    if record is None:
        raise FontNotFound
    return record


async def _read_form(request: Request, limit: ByteLimit) -> tuple[UploadFile, str]:
    """The parts `font` and `familyName`. Raises RequestError or BodyTooLarge."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise _no_font()
    stream = limited_stream(request, limit._replace(size=limit.size + _FORM_OVERHEAD))
    try:
        form = await MultiPartParser(request.headers, stream, max_files=1).parse()
    except MultiPartException as error:
        raise RequestError(f"The form cannot be read: {error.message}") from error
    file, family_name = form.get("font"), form.get("familyName")
    if file is None or isinstance(file, str):
        raise _no_font()
    return UploadFile(
        file.file, size=file.size, filename=file.filename, headers=file.headers
    ), family_name.strip()[:_LONGEST_NAME] if isinstance(family_name, str) else ""


def _no_font() -> RequestError:
    message = "is required: send a multipart form with the font's file in the part `font`"
    return RequestError(f"font {message}.", details=[FieldError(field="font", message=message)])


def _file_name(file: UploadFile) -> str:
    """The name that jobs use, without the folders that some browsers add."""
    return PurePath((file.filename or "").replace("\\", "/")).name[:_LONGEST_NAME]


def _read(font: BinaryIO, file_name: str) -> tuple[FontFace, str]:
    """The font's names and characters. Raises FontInvalid for anything but a TTF or OTF file."""
    extension = _EXTENSIONS.get(font.read(4))
    if extension is None:
        raise FontInvalid("The file is not a TrueType or OpenType font (.ttf or .otf).")
    try:
        names, characters = read_names(font, _NAMES), read_characters(font)
    except TableUnreadable as error:
        raise FontInvalid("The font cannot be read: its tables are damaged.") from error
    family = names.get(_TYPOGRAPHIC_FAMILY) or names.get(_FAMILY, "")
    postscript_name = names.get(_POSTSCRIPT_NAME, "")
    if not family and not postscript_name:
        raise FontInvalid("The font has no name by which a template could refer to it.")
    face = FontFace(
        family=family,
        style=names.get(_TYPOGRAPHIC_STYLE) or names.get(_STYLE, ""),
        postscript_name=postscript_name,
        file_name=file_name or f"{postscript_name or family}{extension}",
    )
    return face, characters


def _font(record: FontRecord) -> Font:
    return Font(
        id=record.id,
        family_name=record.family_name,
        style_name=record.face.style,
        file_name=record.file_name,
        created_at=record.created_at,
    )
