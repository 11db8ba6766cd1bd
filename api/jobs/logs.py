"""GET /jobs/{id}/logs (contract 3.10)."""

from fastapi import APIRouter, Response

from api.http.errors import documented
from api.http.parameters import UlidPath
from api.openapi.document import content_response
from api.resources import MayReadJobs, Shared
from reelbatch.models.errors import LogNotFound, RequestError
from reelbatch.storage.logs import read_log

router = APIRouter(tags=["jobs"])


@router.get(
    "/jobs/{job_id}/logs",
    response_class=Response,
    responses={
        **documented(RequestError, LogNotFound),
        200: content_response("The log.", "text/plain"),
    },
)
async def get_job_log(job_id: UlidPath, resources: Shared, team: MayReadJobs) -> Response:
    """What each attempt to render the job did, written when the attempt ends."""
    text = await read_log(resources.store, team, job_id)
    if text is None:
        raise LogNotFound
    headers = {"Content-Disposition": f'inline; filename="{job_id}.log"'}
    return Response(text, headers=headers, media_type="text/plain")
