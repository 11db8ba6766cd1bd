"""POST /previews: the first rows of what may become a batch, as small pictures of one frame each.

They are a batch of their own, which is read, followed and cancelled as any other. It is not listed,
goes before the team's other jobs, and its pictures are removed soon.
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

MOST_PREVIEWS = 12
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
    """Render one frame of each of the first twelve jobs, at half the size.

    Takes what POST /batches takes. A team has one such request under way at a time.
    """
    body = await read_batch_body(request, resources.settings.limit_of("body"), resources.parsing)
    async with _turn(resources, team):
        submission = await _launched(body, query, resources, team, urls)
    batch = submission.batch
    response = creation_response(
        batch, urls, warnings=submission.warnings, total_rows=submission.total_rows
    )
    return respond(response, 201 if batch.jobs else 400)


async def _launched(
    body: Body, query: BatchQuery, resources: Resources, team: str, urls: Urls
) -> BatchSubmission:
    async with once(resources, team, None, b"", BatchSubmission) as attempt:
        sent, validated = await read_and_validate(body, query, resources, team, MOST_PREVIEWS)
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
async def _turn(resources: Resources, team: str) -> AsyncGenerator[None]:
    """Raises TooManyRequests. Each API process counts on its own."""
    if team in resources.previewing:
        raise TooManyRequests("Pictures of the team are being started: wait.", retry_after=_WAIT)
    resources.previewing.add(team)
    try:
        before = resources.previews.get(team)
        pending = 0
        with suppress(BatchNotFound):  # it was so long ago that its record is gone
            pending = (await resources.batches.read(team, before)).stats.pending if before else 0
        if pending:
            raise TooManyRequests(
                f"Earlier pictures of the team are still rendering, as batch {before}: wait, or "
                "cancel that.",
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
            "kinds": None,  # they are not kept for equal jobs
            "concurrency": MOST_PREVIEWS,
            "preview": True,
        }
    )


def _still(job: BatchRenderJob) -> BatchRenderJob:
    """One frame of the job, in the middle of a film, and nothing that reaches beyond it."""
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
