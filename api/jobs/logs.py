"""GET /jobs/{id}/logs: a job's render log (contract 3.10)."""

from fastapi import APIRouter, Response

from api.http.errors import documented
from api.http.parameters import UlidPath
from api.jobs.reading import read_job
from api.openapi.document import content_response
from api.resources import MayReadJobs, Resources, Shared
from reelbatch.models.errors import JobNotFound, LogNotFound, RequestError
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
async def get_job_logs(job_id: UlidPath, resources: Shared, team: MayReadJobs) -> Response:
    """Get a job's log.

    It shows what each attempt to render the job did, and is written when the attempt ends.
    """
    text = await read_log(resources.store, team, job_id)
    if text is None:
        raise LogNotFound(await _why_missing(resources, team, job_id))
    headers = {"Content-Disposition": f'inline; filename="{job_id}.log"'}
    return Response(text, headers=headers, media_type="text/plain")


async def _why_missing(resources: Resources, team: str, job_id: str) -> str:
    try:
        state = (await read_job(resources, team, job_id)).state
    except JobNotFound as error:
        return error.message
    if not state.status.is_terminal:
        return "This job has no log until its first attempt to render has ended; try again later."
    if state.render is None and state.result is None:
        return f"This job has no log: it ended as {state.status} without an attempt to render it."
    return "The log of this job is no longer stored."
