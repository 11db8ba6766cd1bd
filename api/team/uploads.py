"""The endpoints of uploaded files: pictures, sound and video that jobs refer to as `upload:ID`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.http.errors import documented
from api.http.requests import limited_stream
from api.http.responses import respond
from api.openapi.inputs import UPLOAD_FILE
from api.resources import MayReadJobs, MayWriteJobs, Shared
from reelbatch.models.errors import (
    BodyTooLarge,
    QuotaExceeded,
    RequestError,
    UnsupportedMediaType,
    UploadNotFound,
)
from reelbatch.models.ids import new_id
from reelbatch.models.wire.uploaded_files import (
    UploadedFile,
    is_upload_id,
    media_ending,
    uploaded_file,
)
from reelbatch.storage import keys
from reelbatch.storage.uploaded_files import find_uploaded_file, mark_used, save_uploaded_file

router = APIRouter(tags=["uploads"])

FileName = Annotated[
    str, Query(max_length=1000, description="The file's name; its extension shows the media type.")
]


@router.post(
    "/uploads",
    status_code=201,
    response_model=UploadedFile,
    responses=documented(RequestError, UnsupportedMediaType, BodyTooLarge, QuotaExceeded),
    openapi_extra=UPLOAD_FILE,
)
async def upload_file(
    request: Request, resources: Shared, team: MayWriteJobs, name: FileName = ""
) -> Response:
    """Upload a picture, sound or video for use in jobs.

    The body is the file itself. The same content always gets the same id. A file is stored as long
    as a job may use it.
    """
    ending = media_ending(name, request.headers.get("content-type", ""))
    if ending is None:
        raise UnsupportedMediaType(
            "The upload must be a picture, a sound or a video: send the file itself as the body, "
            "with its name in the query (?name=photo.png) or its type as Content-Type."
        )
    limit = await resources.quotas.room(team, resources.settings.limit_of("asset"))
    arriving = new_id()
    id_, size = await save_uploaded_file(
        resources.store, team, arriving, limited_stream(request, limit), ending
    )
    if size == 0:
        await resources.store.delete_async(keys.uploaded_file(team, id_))
        raise RequestError("The upload is empty: send the file as the body.")
    resources.quotas.note(team, size)
    return respond(uploaded_file(id_, size), 201)


@router.get(
    "/uploads/{upload_id}", response_model=UploadedFile, responses=documented(UploadNotFound)
)
async def get_upload(upload_id: str, resources: Shared, team: MayReadJobs) -> Response:
    """Check whether the team has an uploaded file.

    The id is the SHA-256 of the content with the file's extension, such as `….png`.
    """
    file = (
        await find_uploaded_file(resources.store, team, upload_id)
        if is_upload_id(upload_id)
        else None
    )
    if file is None:
        raise UploadNotFound
    await mark_used(resources.store, team, [upload_id])
    return respond(uploaded_file(upload_id, file.size))
