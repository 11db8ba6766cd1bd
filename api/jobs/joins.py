"""POST /jobs/join: joins clips into one video (contract 3.7)."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api.http.requests import as_model, parse_json, read_body
from api.http.responses import respond
from api.jobs.creation import CREATION_ERRORS, creation_response, job_submission
from api.openapi.inputs import JOIN_JOBS
from api.resources import MayWriteJobs, RequestUrls, Resources, Shared
from api.submission.checks import (
    address_problems,
    asset_problems,
    missing_uploads,
    number_problems,
    secret_problems,
    team_secrets,
    upload_problems,
)
from api.submission.formats import form_problem
from api.submission.launch import IdempotencyKey, launch_job, once
from api.submission.validation import (
    Children,
    child_jobs,
    nested_jobs,
    request_context,
    validate_nested,
)
from reelbatch.engines.base import RenderEngine
from reelbatch.models.errors import NotSupported
from reelbatch.models.ids import new_single_job_id
from reelbatch.models.orchestration.jobs import Output, RenderJob
from reelbatch.models.problems import Problem, error_of
from reelbatch.models.stored.idempotency import JobSubmission
from reelbatch.models.wire.assets import Asset, NestedJobAsset
from reelbatch.models.wire.codecs import DEFAULT_CODEC
from reelbatch.models.wire.jobs import JobCreationResponse
from reelbatch.models.wire.joins import JoinCreation
from reelbatch.storage import keys

router = APIRouter(tags=["jobs"])

_ENGINE = "join"


@router.post(
    "/jobs/join",
    status_code=201,
    response_model=JobCreationResponse,
    responses=CREATION_ERRORS,
    openapi_extra=JOIN_JOBS,
)
async def create_join_job(
    request: Request, resources: Shared, team: MayWriteJobs, urls: RequestUrls, key: IdempotencyKey
) -> Response:
    """Create a job that joins clips into one video.

    Clips are videos by URL, or nested jobs that are rendered first.
    """
    body = await read_body(request, resources.settings.limit_of("body"))
    async with once(resources, team, key, body, JobSubmission) as attempt:
        submission = attempt.earlier
        if submission is None:
            async with resources.parsing:
                creation = await asyncio.to_thread(_read, body, resources.settings.max_job_bytes)
            children = await _validated_children(resources, team, creation)
            job = _render_job(team, creation, children)
            submission = await attempt.save(job_submission(job, creation.webhook, urls))
        await launch_job(resources, submission)
    return respond(creation_response(submission.job, urls), 201, attempt.headers)


def _read(body: bytes, limit: int) -> JoinCreation:
    """Raises InvalidJson, RequestError or JobTooLarge. `limit` is in bytes."""
    content = parse_json(body)
    problem = form_problem(content, limit)
    if problem:
        raise error_of([problem])
    return as_model(content, JoinCreation)


async def _validated_children(resources: Resources, team: str, creation: JoinCreation) -> Children:
    """The nested jobs. Raises the first problem, with all problems in its details."""
    engine = resources.engines.get(_ENGINE)
    if engine is None:
        raise NotSupported("This server has no engine that joins clips.")
    nested = nested_jobs(creation.assets, creation.priority)
    context = await request_context(resources, team, [job for _, job in nested])
    secrets = await team_secrets(resources.secrets, team, [creation])
    missing = await missing_uploads(resources.store, team, [creation])
    children, problems = validate_nested(context, nested)
    problems = [
        *_clip_problems(creation.clips, engine),
        *secret_problems(creation, secrets),
        *upload_problems(creation, missing),
        *(() if context.private_networks else address_problems(creation)),
        *problems,
    ]
    if problems:
        raise error_of(problems)
    return children


def _clip_problems(clips: Sequence[Asset], engine: type[RenderEngine]) -> Iterator[Problem]:
    yield from number_problems(clips)
    for position, clip in enumerate(clips):
        field = f"assets.{position}"
        if isinstance(clip, NestedJobAsset) and clip.media_type == "image":
            message = "A clip must be a video: leave the type out, or set it to video."
            yield Problem(NotSupported, f"{field}.settings.type", message)
        else:
            yield from asset_problems(clip, field, engine)


def _render_job(team: str, creation: JoinCreation, children: Children) -> RenderJob:
    job_id, now = new_single_job_id(), datetime.now(UTC)
    poster = creation.settings.poster if creation.settings else None
    output = Output(output_type="video", codec=DEFAULT_CODEC["video"], poster=poster)
    return RenderJob(
        team=team,
        id=job_id,
        index=None,
        batch_id=None,
        engine=_ENGINE,
        template_id=None,
        template_name="",
        template_type="",
        template_source=None,
        composition="",
        assets=creation.clips,
        children=child_jobs(children, creation.clips, job_id, now),
        output=output,
        output_key=keys.output(team, job_id, output.extension),
        name=creation.name,
        tags=creation.tags,
        priority=creation.priority,
        upload=creation.upload,
        created_at=now,
    )
