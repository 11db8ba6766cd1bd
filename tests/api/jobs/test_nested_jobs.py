"""Assets of the type job, which are rendered first and then shown by a layer of their parent."""

import io
import json
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from reelbatch.models.orchestration.names import job_workflow_id
from tests.api.documents import a_film
from tests.api.running_api import RunningApi, Team, a_still, a_video, until

GREEN = {"type": "data", "layerName": "background", "property": "Color", "value": [0, 1, 0]}
AWAY_FROM_TEXT = (30, 2)  # x and y in the card


def nested(template: str, *assets: Any, layer: str = "background", **settings: Any) -> Any:
    """An asset whose job renders the composition `main`, as a still unless settings are given."""
    return {
        "type": "job",
        "layerName": layer,
        "template": {"id": template, "composition": "main"},
        "assets": list(assets),
        "settings": settings or {"type": "image", "frames": 0},
    }


def a_parent(card: str, *assets: Any, **fields: Any) -> Any:
    return a_still(card, **fields) | {"assets": list(assets)}


def endless(film: str, layer: str = "background") -> Any:
    """A nested job that does not end by itself within a test."""
    return nested(film, layer=layer, codec="video_h264_vbr_1mbps")


def broken(card: str, layer: str = "background") -> Any:
    image = {"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}
    return nested(card, image, layer=layer)


async def create(team: Team, job: Any) -> Any:
    response = await team.http.post("/jobs", json=job)
    assert response.status_code == 201, response.text
    return response.json()


async def status_of(team: Team, job_id: str) -> str:
    return (await team.get(f"/jobs/{job_id}"))["status"]


async def until_status(team: Team, job_id: str, status: str) -> None:
    async def look() -> bool | None:
        return True if await status_of(team, job_id) == status else None

    await until(look, f"{status} of the job")


async def until_one_renders(team: Team) -> None:
    """The worker has one process, so only one of the team's endless jobs renders at a time."""

    async def look() -> Any:
        return await team.get("/jobs?states=render:dorender") or None

    await until(look, "rendering job")


async def pixel(team: Team, job: Any) -> list[int]:
    """The colour of the output's first frame where the card has no text."""
    content = (await team.public.get(job["outputUrl"])).content
    if job["outputUrl"].endswith(".png"):
        picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    else:
        with av.open(io.BytesIO(content), "r") as film:
            picture = next(film.decode(video=0)).to_ndarray(format="rgb24")
    x, y = AWAY_FROM_TEXT
    return [int(part) for part in picture[y, x]]


def is_green(colour: list[int]) -> bool:
    red, green, blue = colour
    return red < 40 and green > 215 and blue < 40


@pytest.mark.parametrize(
    "output",
    [
        {"type": "image", "frames": 0},
        {"codec": "video_h264_vbr_15mbps"},
        {"codec": "video_prores_4444"},
        {"codec": "gif"},
    ],
    ids=lambda output: output.get("codec", "still"),
)
async def test_a_nested_jobs_output_is_shown_by_its_layer(
    card_team: Team, card: str, output: dict[str, Any]
) -> None:
    created = await create(card_team, a_parent(card, nested(card, GREEN, **output)))
    assert created["status"] == "pending"
    [child_created] = created["children"]
    assert set(child_created) == {"id", "status", "outputUrl"}
    assert child_created["status"] == "queued"

    parent = await card_team.end_of_job(created["id"])

    assert parent["status"] == "finished", parent
    assert is_green(await pixel(card_team, parent))
    child = await card_team.get(f"/jobs/{child_created['id']}")
    assert (child["status"], child["outputUrl"]) == ("finished", child_created["outputUrl"])
    assert is_green(await pixel(card_team, child))
    assert parent["childIds"] == [child["id"]]
    assert child["parentId"] == parent["id"]
    assert parent["stats"]["totalAssets"] == 1


async def test_nested_jobs_are_listed_and_logged_like_others(team: Team) -> None:
    card = await team.upload_card()
    created = await create(team, a_parent(card, nested(card, GREEN), tags=["red"], priority=3))
    await team.end_of_job(created["id"])
    child_id = created["children"][0]["id"]

    async def look() -> Any:
        listed = {job["id"]: job for job in await team.get("/jobs?states=finished")}
        return listed if len(listed) == 2 else None

    listed = await until(look, "both jobs in the list")
    assert set(listed) == {created["id"], child_id}
    assert (listed[child_id]["tags"], listed[child_id]["priority"]) == ([], 3)
    assert [job["id"] for job in await team.get("/jobs?tags=red")] == [created["id"]]
    assert "RENDERED:" in (await team.http.get(f"/jobs/{child_id}/logs")).text
    log = (await team.http.get(f"/jobs/{created['id']}/logs")).text
    assert f"ASSET: job {child_id}" in log


async def test_a_batch_renders_nested_jobs_and_counts_only_its_own(team: Team) -> None:
    card = await team.upload_card()
    parent = a_parent(
        card, nested(card, GREEN), {"type": "text", "layerName": "title", "value": "B"}
    )
    created = await team.create_batch(a_still(card), parent, {})
    plain, with_child = created["jobs"]
    assert (plain["status"], with_child["status"]) == ("queued", "pending")
    assert "children" not in plain
    assert (created["totalJobs"], created["successCount"]) == (3, 2)

    batch = await team.end_of_batch(created["batchId"])

    assert batch["stats"] == {"total": 2, "finished": 2, "error": 0, "pending": 0, "cancelled": 0}
    assert is_green(await pixel(team, batch["jobs"][1]))
    child = await team.get(f"/jobs/{with_child['children'][0]['id']}")
    assert (child["status"], child["parentId"]) == ("finished", with_child["id"])
    assert not {"batchId", "index"} & set(child)


async def test_a_parent_is_pending_until_its_nested_jobs_have_finished(
    team: Team,
) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    single = await create(team, a_parent(card, endless(film)))
    batch = await team.create_batch(a_parent(card, endless(film)))
    of_batch = batch["jobs"][0]["id"]
    for job_id in (single["id"], of_batch):
        await until_status(team, job_id, "pending")
    await until_one_renders(team)

    async def look() -> bool | None:
        listed = [job["id"] for job in await team.get("/jobs?states=pending")]
        return True if listed == [single["id"], of_batch] else None

    await until(look, "both parents in the list of pending jobs")
    [job] = (await team.get(f"/batches/{batch['batchId']}"))["jobs"]
    assert job["status"] == "pending"
    for template in (card, film):
        response = await team.http.delete(f"/templates/{template}")
        assert (response.status_code, response.json()["errorCode"]) == (409, "TEMPLATE_IN_USE")


async def test_a_parent_whose_nested_jobs_are_done_is_rendering(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    parent = a_video(film) | {"assets": [nested(card, GREEN)]}
    created = await team.create_batch(parent)

    async def look() -> bool | None:
        [job] = (await team.get(f"/batches/{created['batchId']}"))["jobs"]
        return True if job["status"] == "render:dorender" else None

    await until(look, "rendering parent")
    child_id = created["jobs"][0]["children"][0]["id"]
    response = await team.http.patch(f"/jobs/{child_id}/cancel")
    assert (response.status_code, response.json()["errorCode"]) == (409, "JOB_NOT_CANCELLABLE")
    parent_id = created["jobs"][0]["id"]
    await until_status(team, parent_id, "render:dorender")

    cancelled = (await team.http.patch(f"/jobs/{parent_id}/cancel")).json()

    assert [job["id"] for job in cancelled] == [parent_id]
    assert await status_of(team, child_id) == "finished"


async def test_a_nested_job_that_fails_is_named_by_its_parent(team: Team) -> None:
    card = await team.upload_card()
    created = await create(team, a_parent(card, broken(card, "inner")))

    parent = await team.end_of_job(created["id"])

    failing = created["children"][0]["id"]
    assert (parent["status"], parent["errorCode"]) == ("error", "CHILD_FAILED")
    reason = (await team.get(f"/jobs/{failing}"))["error"]
    assert parent["error"] == f"The nested job {failing} (inner) failed: {reason}"


async def test_a_failed_parent_of_a_batch_is_rendered_again_with_new_nested_jobs(
    team: Team,
) -> None:
    card = await team.upload_card()
    created = await team.create_batch(a_parent(card, broken(card, "inner"), nested(card, GREEN)))
    batch = await team.end_of_batch(created["batchId"])
    assert batch["jobs"][0]["errorCode"] == "CHILD_FAILED"

    response = await team.http.post(f"/batches/{created['batchId']}/retry")

    [again] = response.json()["jobs"]
    assert again["status"] == "pending"
    before = {child["id"] for child in created["jobs"][0]["children"]}
    after = [child["id"] for child in again["children"]]
    assert len(after) == 2
    assert before.isdisjoint(after)
    await team.end_of_batch(response.json()["batchId"])
    assert (await team.get(f"/jobs/{after[0]}"))["parentId"] == again["id"]
    assert await status_of(team, after[0]) == "error"


async def test_cancelling_a_parent_cancels_its_nested_jobs(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    created = await create(team, a_parent(card, endless(film), endless(film, "inner")))
    children = [child["id"] for child in created["children"]]
    await until_one_renders(team)

    cancelled = (await team.http.patch(f"/jobs/{created['id']}/cancel")).json()

    assert [job["id"] for job in cancelled] == [created["id"], *children]
    assert {job["status"] for job in cancelled} == {"manually_cancelled"}
    for job_id in (created["id"], *children):
        assert await status_of(team, job_id) == "manually_cancelled"


async def test_cancelling_a_nested_job_cancels_its_parent_and_waiting_siblings(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    created = await create(team, a_parent(card, endless(film), endless(film, "inner")))
    first, second = (child["id"] for child in created["children"])
    await until_one_renders(team)

    cancelled = (await team.http.post("/jobs/cancel", json={"jobs": [second]})).json()

    assert [job["id"] for job in cancelled] == [second, created["id"], first]
    assert {job["status"] for job in cancelled} == {"manually_cancelled"}
    again = await team.http.patch(f"/jobs/{first}/cancel")
    assert (again.status_code, again.json()["errorCode"]) == (409, "JOB_NOT_CANCELLABLE")


async def test_relatives_that_are_named_together_are_listed_once(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    batch = await team.create_batch(a_parent(card, endless(film)), a_still(card))
    parent, other = batch["jobs"]
    child = parent["children"][0]["id"]
    await until_one_renders(team)

    body = {"jobs": [child, parent["id"]]}
    cancelled = (await team.http.post("/jobs/cancel", json=body)).json()

    assert [job["id"] for job in cancelled] == [child, parent["id"]]
    assert (await team.end_of_job(other["id"]))["status"] == "finished"
    stats = (await team.end_of_batch(batch["batchId"]))["stats"]
    assert (stats["cancelled"], stats["finished"]) == (1, 1)


async def test_a_nested_job_waits_with_its_parent_and_is_cancelled_with_the_batch(
    team: Team,
) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    jobs = [
        a_video(film),
        a_parent(card, nested(card, GREEN), nested(card, GREEN, layer="inner")),
    ]
    body = {"jobs": jobs, "concurrency": 1}
    created = (await team.http.post("/batches", json=body)).json()
    running, waiting = created["jobs"]
    children = [child["id"] for child in waiting["children"]]
    await until_status(team, running["id"], "render:dorender")
    assert await status_of(team, waiting["id"]) == "pending"
    assert await status_of(team, children[0]) == "queued"

    response = (await team.http.post(f"/batches/{created['batchId']}/cancel")).json()

    assert (response["status"], response["totalJobs"], response["cancelledCount"]) == (
        "cancelled",
        2,
        2,
    )
    assert [job["index"] for job in response["jobs"]] == [0, 1]
    ids = [job["id"] for job in response["cancelledJobs"]]
    assert ids == [running["id"], waiting["id"], *children]
    child = await team.get(f"/jobs/{children[0]}")
    assert (child["status"], child["parentId"]) == ("manually_cancelled", waiting["id"])
    parent = await team.get(f"/jobs/{waiting['id']}")
    assert child["stats"]["errorAt"] == parent["stats"]["errorAt"] > child["stats"]["createdAt"]


async def test_cancelling_a_waiting_nested_job_cancels_its_parent_in_the_batch(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    body = {
        "jobs": [a_video(film), a_parent(card, nested(card, GREEN))],
        "concurrency": 1,
    }
    created = (await team.http.post("/batches", json=body)).json()
    running, waiting = created["jobs"]
    child = waiting["children"][0]["id"]

    cancelled = (await team.http.patch(f"/jobs/{child}/cancel")).json()

    assert [job["id"] for job in cancelled] == [child, waiting["id"]]
    assert await status_of(team, running["id"]) != "manually_cancelled"


@pytest.mark.parametrize("act", ["cancel", "terminate"])
async def test_a_parent_reports_what_an_operator_did_to_its_nested_job(
    api: RunningApi, team: Team, act: str
) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    created = await create(team, a_parent(card, endless(film)))
    child = created["children"][0]["id"]
    await until_status(team, child, "render:dorender")

    handle = api.client.get_workflow_handle(job_workflow_id(team.name, child))
    await (handle.cancel() if act == "cancel" else handle.terminate())

    parent = await team.end_of_job(created["id"])
    done = {"cancel": "cancelled", "terminate": "terminated"}[act]
    expected = f"The nested job {child} (background) was {done} by an operator."
    assert (parent["status"], parent["error"]) == ("error", expected)


async def test_a_repeated_request_has_the_same_nested_jobs(team: Team) -> None:
    card = await team.upload_card()
    responses = [
        await team.http.post(
            "/jobs", json=a_parent(card, nested(card)), headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]
    assert responses[0].content == responses[1].content
    parent = await team.end_of_job(responses[0].json()["id"])
    assert parent["childIds"] == [responses[0].json()["children"][0]["id"]]


async def test_defaults_and_lines_may_have_nested_jobs(card_team: Team, card: str) -> None:
    common = {"template": {"id": card}, "assets": [nested(card, GREEN)]}
    own = nested(card, GREEN, codec="gif")
    body = {"defaults": common, "jobs": [{}, {"assets": [own]}]}
    response = (await card_team.http.post("/batches?dryRun=true", json=body)).json()
    endings = [job["children"][0]["outputUrl"].rsplit(".", 1)[1] for job in response["jobs"]]
    assert endings == ["png", "gif"]
    lines = "\n".join(json.dumps(a_parent(card, nested(card))) for _ in range(2))
    headers = {"Content-Type": "application/x-ndjson"}
    response = (
        await card_team.http.post("/batches?dryRun=true", content=lines, headers=headers)
    ).json()
    assert [len(job["children"]) for job in response["jobs"]] == [1, 1]


TEXT = {"type": "text", "layerName": "title", "value": "x"}
REFUSED: list[tuple[dict[str, Any], str, str, str]] = [
    ({"template": None}, "VALIDATION_ERROR", "template", "must be an object"),
    ({"template": {"id": "CARD"}}, "VALIDATION_ERROR", "template.composition", "is required"),
    (
        {"template": {"id": "promo", "composition": "main"}},
        "VALIDATION_ERROR",
        "template.id",
        "must match",
    ),
    (
        {"template": {"id": "CARD", "composition": "main", "src": "https://example.com/a.zip"}},
        "VALIDATION_ERROR",
        "template",
        "cannot have a src",
    ),
    (
        {"template": {"id": "01JAAAAAAAAAAAAAAAAAAAAAAA", "composition": "main"}},
        "TEMPLATE_NOT_FOUND",
        "template.id",
        "There is no template",
    ),
    (
        {"template": {"id": "CARD", "composition": "mian"}},
        "COMPOSITION_NOT_FOUND",
        "template.composition",
        "Did you mean main?",
    ),
    (
        {"assets": [TEXT, TEXT | {"layerName": "titel"}]},
        "LAYER_NOT_FOUND",
        "assets.1.layerName",
        "Did you mean title?",
    ),
    ({"layerName": "badge"}, "LAYER_NOT_FOUND", "layerName", "main has no layer badge"),
    ({"settings": {"codec": "x264"}}, "CODEC_INVALID", "settings.codec", "no codec x264"),
    ({"settings": {"type": "image"}}, "FRAMES_INVALID", "settings.frames", "needs `frames`"),
    ({"settings": {"type": "aep"}}, "NOT_SUPPORTED", "settings.type", "choose video or image"),
    ({"settings": {"frames": -1}}, "VALIDATION_ERROR", "settings.frames", "must be 0 or more"),
    ({"preview": True}, "PREVIEW_SETTINGS_CONFLICT", "settings", "chooses its own settings"),
    (
        {"assets": [TEXT | {"value": "${secrets.NOBODY}"}]},
        "SECRET_NOT_FOUND",
        "assets.0.value",
        "no secret named NOBODY",
    ),
    (
        {"assets": [{"type": "job", "layerName": "title"}]},
        "VALIDATION_ERROR",
        "assets",
        "nest only one level deep",
    ),
]


@pytest.mark.parametrize(("change", "code", "field", "message"), REFUSED)
async def test_an_invalid_nested_job_gets_its_parent_rejected(
    card_team: Team, card: str, change: dict[str, Any], code: str, field: str, message: str
) -> None:
    asset = json.loads(json.dumps(nested(card) | change).replace("CARD", card))
    created = await card_team.create_batch(a_parent(card, TEXT, asset), a_still(card))
    [error] = created["errors"]
    [detail] = error["details"]
    assert (error["errorCode"], detail["field"]) == (code, f"assets.1.{field}")
    assert message in detail["message"]


async def test_a_job_has_at_most_fifty_nested_jobs(card_team: Team, card: str) -> None:
    created = await card_team.create_batch(a_parent(card, *[nested(card)] * 51), status=400)
    assert "at most 50 nested jobs, not 51" in created["error"]


async def test_a_missing_font_of_a_nested_job_is_a_warning_of_that_job(team: Team) -> None:
    card = await team.upload_card()
    font = {"type": "function", "name": "nx:text-params-set", "layerName": "title"}
    params = {"params": {"font": "Rarissima-Bold"}}
    created = await create(team, a_parent(card, nested(card, font | params)))
    assert "missingFonts" not in created
    assert created["children"][0]["missingFonts"] == ["Rarissima-Bold"]
    child = await team.end_of_job(created["children"][0]["id"])
    assert child["missingFonts"] == ["Rarissima-Bold"]


async def test_another_team_cannot_see_a_nested_job(team: Team, other_team: Team) -> None:
    card = await team.upload_card()
    created = await create(team, a_parent(card, nested(card)))
    await team.end_of_job(created["id"])
    child = created["children"][0]["id"]
    assert (await other_team.http.get(f"/jobs/{child}")).status_code == 404
    assert (await other_team.http.patch(f"/jobs/{child}/cancel")).status_code == 404


async def test_an_unknown_nested_job_is_a_404(team: Team) -> None:
    unknown = "01J00000000000000000000ZZY"
    assert (await team.http.get(f"/jobs/{unknown}")).status_code == 404
