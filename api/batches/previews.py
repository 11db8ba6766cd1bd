"""POST /previews: the first jobs of a possible batch, as small pictures of one frame each.

The previews form a batch that is read, followed and cancelled like any other. It is not listed,
takes priority over the team's other jobs, and its pictures are soon deleted.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.batches.creation import (
    BATCH_REFUSALS,
    CreationRoute,
    creation_response,
    new_batch,
    read_and_validate,
)
from api.http.responses import respond
from api.openapi.inputs import CREATE_BATCH
from api.resources import MayWriteJobs, RequestUrls, Resources, Shared
from api.submission.bodies import Body, read_batch_body
from api.submission.formats import BatchQuery
from api.submission.launch import launch_batch, once
from api.urls import Urls
from reelbatch.engines.output_size import output_size
from reelbatch.models.errors import BatchNotFound, TooManyRequests
from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.orchestration.jobs import BatchRenderJob, Output, OutputExtent
from reelbatch.models.stored.idempotency import BatchSubmission
from reelbatch.models.wire.batches import BatchCreationResponse
from reelbatch.models.wire.codecs import PREVIEW_CODEC
from reelbatch.models.wire.jobs import PRIORITY_RANGE
from reelbatch.storage import keys

router = APIRouter(tags=["batches"], route_class=CreationRoute)

MAX_PREVIEWS = 12
_WAIT = 2  # seconds until a team may try again
_CODEC = PREVIEW_CODEC["image"]


@router.post(
    "/previews",
    status_code=201,
    response_model=BatchCreationResponse,
    responses=BATCH_REFUSALS,
    openapi_extra=CREATE_BATCH,
)
async def create_previews(
    request: Request,
    resources: Shared,
    team: MayWriteJobs,
    urls: RequestUrls,
    query: Annotated[BatchQuery, Query()],
) -> Response:
    """Render one frame of each of the first twelve jobs, at half size.

    The query and the body are those of POST /batches. A team can have one such request in progress
    at a time.
    """
    body = await read_batch_body(request, resources.settings.limit_of("body"), resources.parsing)
    async with _one_at_a_time(resources, team):
        submission = await _launch_previews(body, query, resources, team, urls)
    batch = submission.batch
    response = creation_response(
        batch, urls, warnings=submission.warnings, total_rows=submission.total_rows
    )
    return respond(response, 201 if batch.jobs else 400)


async def _launch_previews(
    body: Body, query: BatchQuery, resources: Resources, team: str, urls: Urls
) -> BatchSubmission:
    async with once(resources, team, None, b"", BatchSubmission) as attempt:
        sent, validated = await read_and_validate(body, query, resources, team, MAX_PREVIEWS)
        sent = replace(sent, name=None, webhook=None, submission=None, first_row=None)
        draft = new_batch(team, sent, validated, resources.settings, urls)
        submission = await attempt.save(
            draft.model_copy(update={"batch": _stills(draft.batch), "webhooks": [], "table": None})
        )
        if submission.batch.jobs:
            await launch_batch(resources, submission)
            resources.previews[team] = submission.batch.id
    return submission


@asynccontextmanager
async def _one_at_a_time(resources: Resources, team: str) -> AsyncGenerator[None]:
    """Raises TooManyRequests if the team has previews in progress in this API process."""
    if team in resources.previewing:
        raise TooManyRequests(
            "The team's previews are already being started: wait a moment.", retry_after=_WAIT
        )
    resources.previewing.add(team)
    try:
        before = resources.previews.get(team)
        pending = 0
        with suppress(BatchNotFound):  # it is so old that its record is gone
            pending = (await resources.batches.read(team, before)).stats.pending if before else 0
        if pending:
            raise TooManyRequests(
                f"The team's earlier previews are still rendering as batch {before}: wait for it "
                "to end, or cancel it.",
                retry_after=_WAIT,
            )
        yield
    finally:
        resources.previewing.discard(team)


def _stills(batch: Batch) -> Batch:
    jobs = [_still(job) for job in batch.jobs]
    return batch.model_copy(
        update={
            "jobs": jobs,
            "kinds": None,  # previews are not reused for equal jobs
            "concurrency": MAX_PREVIEWS,
            "preview": True,
        }
    )


def _still(job: BatchRenderJob) -> BatchRenderJob:
    """The job reduced to one frame, from the middle of a film, without upload and webhook."""
    output, extent = job.output, job.extent
    frames = extent.frames if extent and output.output_type == "video" else 1
    frame = output.first_frame + frames // 2
    still = Output(
        output_type="image", codec=_CODEC, first_frame=frame, end_frame=frame + 1, draft=True
    )
    size = extent and output_size(_CODEC, extent.width, extent.height, draft=not output.draft)
    return job.model_copy(
        update={
            "output": still,
            "extent": size and OutputExtent(width=size[0], height=size[1], frames=1),
            "split": None,
            "small": None,
            "output_key": keys.preview(job.team, job.id, still.extension),
            "priority": PRIORITY_RANGE[1],
            "preview": True,
            "upload": None,
            "webhook": None,
        }
    )
