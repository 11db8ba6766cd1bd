"""GET /batches/{id}: where a batch stands, now or once more of its jobs have ended."""

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

_LONGEST_WAIT = 60  # seconds; proxies give up soon after

Wait = Annotated[
    int,
    Query(ge=0, le=_LONGEST_WAIT, description="Seconds to wait until more jobs have ended."),
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
    """A batch's status, its counts and all of its jobs.

    With `wait`, a number of seconds, the response comes when more jobs have ended, or then.
    """
    if wait:
        with followers.one_more(request.state.token.id):
            books = await watches.change(await watches.read(team, batch_id), wait)
        await recheck()
        snapshot = await resources.batches.with_renders(books)
    else:
        snapshot = await resources.batches.read(team, batch_id)
    content, etag = responses.json(snapshot, urls)
    return json_response(content, headers={"ETag": etag})
