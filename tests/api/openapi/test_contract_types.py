"""Responses as the contract's strictly typed clients decode them.

The classes below follow the contract, and are deliberately separate from the project's models.
Validation is strict: integers have no fraction, dates are RFC 3339 or null, and declared fields are
present.
"""

from typing import Annotated, Any, Literal, TypeVar

import httpx
import pytest_asyncio
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

from tests.api.documents import a_card, a_film
from tests.api.fonts import a_font
from tests.api.running_api import RunningApi, Team, a_still, a_video, until

T = TypeVar("T")

Date = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
Ulid = Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]
Text = Annotated[str, Field(min_length=1)]
Url = Annotated[str, Field(pattern=r"^https?://[^ ]+$")]
Count = Annotated[int, Field(ge=0)]
JobStatus = Literal[
    "queued", "pending", "render:dorender", "finished", "error", "manually_cancelled"
]


class Declared(BaseModel):
    """Fields without a default are always present; undeclared fields are allowed."""

    model_config = ConfigDict(strict=True, extra="allow", alias_generator=to_camel)


class FieldProblem(Declared):
    field: str
    message: Text


class Error(Declared):
    error: Text
    error_code: Text
    details: list[FieldProblem] = []


class CreatedJob(Declared):
    index: Count
    id: Ulid
    status: Literal["queued", "pending"]
    output_url: Url
    missing_fonts: list[Text] = []


class RejectedJob(Declared):
    index: Count
    error: Text
    error_code: Text


class CreatedBatch(Declared):
    batch_id: Ulid
    status: Literal["created", "partial", "error"]
    total_jobs: Count
    success_count: Count
    jobs: list[CreatedJob]
    errors: list[RejectedJob] = []


class JobStats(Declared):
    created_at: Date
    updated_at: Date
    started_at: Date | None
    finished_at: Date | None
    error_at: Date | None
    total_assets: Count
    render_duration: float | None
    error: Text | None


class BatchJob(Declared):
    index: Count
    id: Ulid
    status: JobStatus
    output_url: Url
    stats: JobStats | None = None


class BatchStats(Declared):
    total: Count
    finished: Count
    error: Count
    pending: Count


class ReadBatch(Declared):
    batch_id: Ulid
    status: Literal["processing", "finished", "error"]
    stats: BatchStats
    jobs: list[BatchJob]


class Job(Declared):
    id: Ulid
    template_id: Ulid | None
    status: JobStatus
    progress: Annotated[float, Field(ge=0, le=100)]
    stats: JobStats
    output_url: Url | None


class MinimalJob(Job):
    stats: Literal["left out"] = "left out"  # pyright: ignore[reportIncompatibleVariableOverride]  only in `minimal` lists


class JobCancellation(Declared):
    index: Count
    id: Ulid
    result: Literal["cancelled", "skipped"]
    status: JobStatus
    reason: Text = "-"


class CancelledBatch(Declared):
    batch_id: Ulid
    status: Literal["cancelled", "partial", "unchanged"]
    total_jobs: Count
    cancelled_count: Count
    skipped_count: Count
    jobs: list[JobCancellation]
    cancelled_jobs: list[Job]


class CreatedChild(Declared):
    id: Ulid
    status: Literal["queued"]
    output_url: Url


class CreatedParent(Declared):
    id: Ulid
    status: Literal["pending"]
    output_url: Url
    children: Annotated[list[CreatedChild], Field(min_length=1)]


class CreatedJobAlone(Declared):
    id: Ulid
    status: Literal["queued", "pending"]
    output_url: Url
    progress: float
    stats: dict[str, Date]


class UploadInfo(Declared):
    url: Url
    method: Literal["PUT"]
    expires_in: Count
    key: Text
    fields: dict[str, str] = {}


class Template(Declared):
    id: Ulid
    type: Text
    display_name: Text
    status: Literal["awaiting_upload", "processing", "uploaded", "error", "downloading"]
    created_at: Date
    updated_at: Date
    compositions: list[Text]
    layers: list[Text]
    error: Text | None


class CreatedTemplate(Template):
    upload_info: UploadInfo
    upload_url: Url
    template: Template


class Link(Declared):
    url: Url


class Font(Declared):
    id: Ulid
    family_name: Text
    file_name: Text
    created_at: Date


class Secret(Declared):
    model_config = ConfigDict(extra="forbid")  # never the value

    id: Ulid
    name: Text
    created_at: Date


class TemplateV3(Declared):
    model_config = ConfigDict(extra="forbid")

    id: Ulid
    type: Text
    display_name: Text
    status: Text
    created_at: Date
    updated_at: Date


class CompositionV3(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    aeid: Text
    name: Text
    width: Count
    height: Count
    duration: float
    frame_rate: float
    data: dict[str, Any]


class LayerV3(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    composition_id: int
    aeid: int
    name: Text
    top: float
    left: float
    width: float
    height: float
    start_time: float
    in_point: float
    out_point: float
    layer_type: Text
    source_type: Text | None
    source_comp_id: int | None
    parent_id: int | None
    data: dict[str, Any]


def decoded(response: httpx.Response, kind: type[T], status: int = 200) -> T:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    return TypeAdapter(kind).validate_json(response.content)


@pytest_asyncio.fixture(scope="module")
async def finished_batch(card_team: Team, card: str) -> CreatedBatch:
    """Jobs 0 and 3 finish, 1 was rejected, 2 fails."""
    broken = a_still(card)
    broken["assets"] = [
        {"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}
    ]
    jobs = [a_still(card), {}, broken, a_still(card)]
    response = await card_team.http.post("/batches", json={"jobs": jobs})
    created = decoded(response, CreatedBatch, 201)
    await card_team.end_of_batch(created.batch_id)
    return created


async def test_a_partly_accepted_batch(finished_batch: CreatedBatch) -> None:
    assert (finished_batch.status, finished_batch.total_jobs) == ("partial", 4)
    assert finished_batch.success_count == len(finished_batch.jobs) == 3
    assert [job.index for job in finished_batch.jobs] == [0, 2, 3]
    assert [rejected.index for rejected in finished_batch.errors] == [1]


async def test_a_batch_without_accepted_jobs(card_team: Team) -> None:
    response = await card_team.http.post("/batches", json={"jobs": ["no job", 5]})
    created = decoded(response, CreatedBatch, 400)
    assert (created.status, created.jobs, len(created.errors)) == ("error", [], 2)
    decoded(response, Error, 400)


async def test_a_body_that_is_not_a_batch(card_team: Team) -> None:
    decoded(await card_team.http.post("/batches", json={"jobs": []}), Error, 400)


async def test_a_batch_as_it_is_read(card_team: Team, finished_batch: CreatedBatch) -> None:
    read = decoded(await card_team.http.get(f"/batches/{finished_batch.batch_id}"), ReadBatch)
    counts = read.stats
    assert counts.total == counts.finished + counts.error + counts.pending
    assert (counts.total, counts.finished, counts.error) == (3, 2, 1)
    assert all(job.stats for job in read.jobs), "each has ended"
    failed = read.jobs[1].stats
    assert failed
    assert failed.error_at
    assert failed.error
    assert failed.finished_at is None


async def test_a_batch_that_is_cancelled(team: Team) -> None:
    film = await team.upload(a_film())
    response = await team.http.post("/batches", json={"jobs": [a_video(film), a_video(film)]})
    batch_id = decoded(response, CreatedBatch, 201).batch_id
    running = decoded(await team.http.get(f"/batches/{batch_id}"), ReadBatch)
    assert [job.stats for job in running.jobs] == [None, None]

    cancelled = decoded(await team.http.post(f"/batches/{batch_id}/cancel"), CancelledBatch)

    assert cancelled.cancelled_count + cancelled.skipped_count == cancelled.total_jobs
    assert len(cancelled.jobs) == cancelled.total_jobs
    assert {job.status for job in cancelled.cancelled_jobs} == {"manually_cancelled"}
    again = decoded(await team.http.post(f"/batches/{batch_id}/cancel"), CancelledBatch)
    assert (again.status, again.cancelled_jobs) == ("unchanged", [])
    assert all(job.reason != "-" for job in again.jobs)


async def test_jobs_of_batches_and_single_ones(
    card_team: Team, card: str, finished_batch: CreatedBatch
) -> None:
    response = await card_team.http.post("/jobs", json=a_still(card))
    single = decoded(response, CreatedJobAlone, 201)
    assert set(single.stats) == {"createdAt"}
    early = decoded(await card_team.http.get(f"/jobs/{single.id}"), Job)
    assert early.output_url == single.output_url
    await card_team.end_of_job(single.id)
    for job_id in (single.id, *(job.id for job in finished_batch.jobs)):
        decoded(await card_team.http.get(f"/jobs/{job_id}"), Job)

    async def listed() -> Any:
        return await card_team.get("/jobs?from=2") or None

    await until(listed, "third job in the list")
    for query in ("", "?sort=newest_first&limit=2&from=1"):
        assert decoded(await card_team.http.get(f"/jobs{query}"), list[Job])
    assert decoded(await card_team.http.get("/jobs?minimal=true"), list[MinimalJob])


async def test_parents_and_their_nested_jobs(card_team: Team, card: str) -> None:
    clip = {"type": "job", "template": {"id": card, "composition": "main"}}
    parent = a_video(card) | {"assets": [clip | {"layerName": "background"}]}
    created = [
        decoded(await card_team.http.post("/jobs", json=parent), CreatedParent, 201),
        decoded(
            await card_team.http.post("/jobs/join", json={"assets": [clip]}), CreatedParent, 201
        ),
    ]
    for job in created:
        await card_team.end_of_job(job.id)
        child = decoded(await card_team.http.get(f"/jobs/{job.children[0].id}"), Job)
        assert child.template_id == card
    join = decoded(await card_team.http.get(f"/jobs/{created[1].id}"), Job)
    assert join.template_id is None


async def test_cancelled_jobs(team: Team) -> None:
    film = await team.upload(a_film())
    first, second = [
        decoded(await team.http.post("/jobs", json=a_video(film)), CreatedJobAlone, 201).id
        for _ in range(2)
    ]
    [job] = decoded(await team.http.patch(f"/jobs/{first}/cancel"), list[Job])
    assert (job.id, job.status) == (first, "manually_cancelled")
    response = await team.http.post("/jobs/cancel", json={"jobs": [second]})
    assert [job.id for job in decoded(response, list[Job])] == [second]
    decoded(await team.http.patch(f"/jobs/{first}/cancel"), Error, 409)


async def test_templates(team: Team) -> None:
    body = {"type": "lottie", "displayName": "card"}
    created = decoded(await team.http.post("/templates", json=body), CreatedTemplate, 201)
    path = f"/templates/{created.id}"
    assert decoded(await team.http.get(path), Template).status == "awaiting_upload"
    renewed = decoded(await team.http.put(f"{path}/upload"), UploadInfo)
    await team.public.put(renewed.url, content=a_card())
    assert decoded(await team.http.get(path), Template).status == "uploaded"
    [listed] = decoded(await team.http.get("/templates"), list[Template])
    assert "main" in listed.compositions
    renamed = await team.http.patch(path, json={"displayName": "new"})
    assert decoded(renamed, Template).display_name == "new"
    for link in ("download", "upload"):
        decoded(await team.http.get(f"{path}/{link}"), Link)
    deleted = await team.http.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    decoded(await team.http.get(path), Error, 404)


async def test_templates_of_v3_have_exactly_the_declared_fields(
    api: RunningApi, card_team: Team, card: str
) -> None:
    root, http = f"{api.url}/api/v3/templates", card_team.http
    assert decoded(await http.get(root), list[TemplateV3])
    assert decoded(await http.get(f"{root}/{card}"), TemplateV3).id == card
    compositions = decoded(await http.get(f"{root}/{card}/compositions"), list[CompositionV3])
    layers = decoded(await http.get(f"{root}/{card}/layers"), list[LayerV3])
    by_id = {composition.aeid for composition in compositions}
    assert {str(layer.composition_id) for layer in layers} <= by_id


async def test_fonts(team: Team) -> None:
    uploaded = await team.http.post("/fonts", files={"font": ("rare.ttf", a_font())})
    font = decoded(uploaded, Font, 201)
    assert decoded(await team.http.get("/fonts"), list[Font]) == [font]
    assert decoded(await team.http.get(f"/fonts/{font.id}"), Font) == font
    assert (await team.http.delete(f"/fonts/{font.id}")).status_code == 204
    decoded(await team.http.get(f"/fonts/{font.id}"), Error, 404)


async def test_secrets(team: Team) -> None:
    body = {"name": "KEY", "value": "s3cr3t"}
    secret = decoded(await team.http.put("/secrets", json=body), Secret, 201)
    decoded(await team.http.put("/secrets", json=body), Error, 409)
    assert decoded(await team.http.get("/secrets"), list[Secret]) == [secret]
    deleted = await team.http.delete(f"/secrets/{secret.id}")
    assert (deleted.status_code, deleted.content) == (200, b"")


async def test_lists_of_a_new_team_are_empty_arrays(api: RunningApi, team: Team) -> None:
    for path in ("/jobs", "/templates", "/fonts", "/secrets", f"{api.url}/api/v3/templates"):
        assert decoded(await team.http.get(path), list[Any]) == []
