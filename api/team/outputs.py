"""The outputs, which are public but have URLs that nobody can guess."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api.http.errors import documented
from api.http.file_response import RequestedFile, file_response
from api.openapi.document import file_responses
from api.resources import Shared
from api.urls import output_url_is_signed
from reelbatch.models.errors import OutputNotFound, RequestError
from reelbatch.models.file_names import file_stem
from reelbatch.models.wire.codecs import CODECS, PROJECT_CODEC
from reelbatch.storage import keys
from reelbatch.storage.files import find_file

router = APIRouter(tags=["outputs"])

# Other sites' pages may embed outputs. Opened directly, an output is a picture or film without any
# permissions. Browsers use its codec's media type and do not sniff what a hostile template drew.
_EMBEDDABLE = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
    ),
}
_MEDIA_TYPES = {one.extension: one.media_type for one in (*CODECS.values(), PROJECT_CODEC)}


OutputName = Annotated[
    str, Query(alias="name", max_length=200, description="The name under which to save the file.")
]


@router.get(
    "/outputs/{team}/{job_id}/{signature}/{file_name}",
    response_class=Response,
    responses=documented(OutputNotFound, RequestError) | file_responses(*_MEDIA_TYPES.values()),
)
async def get_output(
    team: str,
    job_id: str,
    signature: str,
    file_name: str,
    resources: Shared,
    requested: RequestedFile,
    named: OutputName = "",
) -> Response:
    """Get the output file of a finished job."""
    name, _, extension = file_name.rpartition(".")
    media_type = _MEDIA_TYPES.get(extension)
    signed = output_url_is_signed(resources.signer, team, job_id, signature)
    if not signed or name != job_id or media_type is None:
        raise OutputNotFound("There is no output at this address: use the job's outputUrl.")
    file = await find_file(resources.store, keys.output(team, job_id, extension))
    file = file or await find_file(resources.store, keys.preview(team, job_id, extension))
    if file is None:
        raise OutputNotFound
    response = file_response(
        resources.store,
        file,
        requested=requested,
        media_type=media_type,
        disposition=_disposition(file_name, file_stem(named), extension),
    )
    response.headers.update(_EMBEDDABLE)
    return response


def _disposition(file_name: str, stem: str, extension: str) -> str:
    """The name in both forms (RFC 6266, 4.3), the first one for clients without Unicode."""
    plain = f'inline; filename="{file_name}"'
    return f"{plain}; filename*=UTF-8''{quote(f'{stem}.{extension}', safe='')}" if stem else plain
