"""GET /batches/{id}: the state of a batch, now or as soon as more of its jobs have ended."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.batches.responses import Responses
from api.batches.watch import AllFollowers, Watches
from api.http.errors import documented
from api.http.parameters import UlidPath
from api.http.responses import json_response
from api.resources import MayReadJobs, Recheck, RequestUrls, Shared
from reelbatch.models.errors import BatchNotFound, RequestError, TooManyRequests
from reelbatch.models.wire.batches import BatchStatusResponse

router = APIRouter(tags=["batches"])

_LONGEST_WAIT = 60  # seconds; proxies time out soon after

Wait = Annotated[
    int,
    Query(ge=0, le=_LONGEST_WAIT, description="How many seconds to wait for more jobs to end."),
]


@router.get(
    "/batches/{batch_id}",
    response_model=BatchStatusResponse,
    responses=documented(RequestError, BatchNotFound, TooManyRequests),
)
async def get_batch_status(
    batch_id: UlidPath,
    request: Request,
    resources: Shared,
    team: MayReadJobs,
    urls: RequestUrls,
    recheck: Recheck,
    watches: Watches,
    followers: AllFollowers,
    responses: Responses,
    wait: Wait = 0,
) -> Response:
    """Get a batch's status, counts and jobs.

    With `wait`, the response is sent as soon as more jobs have ended, or after that many seconds.
    """
    if wait:
        with followers.one_more(request.state.token.id):
            recorded = await watches.change(await watches.read(team, batch_id), wait)
        await recheck()
        snapshot = await resources.batches.with_renders(recorded)
    else:
        snapshot = await resources.batches.read(team, batch_id)
    content, etag = responses.json(snapshot, urls)
    return json_response(content, headers={"ETag": etag})
