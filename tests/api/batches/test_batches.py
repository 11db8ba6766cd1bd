"""Batches from POST to the last output."""

import io
import re
from typing import Any

from PIL import Image

from reelbatch.models.ids import batch_job_id
from reelbatch.models.orchestration.names import job_workflow_id
from tests.api.running_api import RunningApi, Team, a_still


async def test_valid_jobs_are_rendered_and_invalid_ones_are_reported(team: Team) -> None:
    card = await team.upload_card()
    bad = a_still(card)
    bad["assets"][0]["layerName"] = "titel"

    created = await team.create_batch(a_still(card), bad, a_still(card, "B"))

    assert created["status"] == "partial"
    assert (created["totalJobs"], created["successCount"]) == (3, 2)
    assert [job["index"] for job in created["jobs"]] == [0, 2]
    assert [job["status"] for job in created["jobs"]] == ["queued", "queued"]
    [error] = created["errors"]
    message = "main has no layer titel. Did you mean title?"
    assert error == {
        "index": 1,
        "error": f"assets.0.layerName: {message}",
        "errorCode": "LAYER_NOT_FOUND",
        "details": [{"field": "assets.0.layerName", "message": message}],
    }
    for job in created["jobs"]:
        assert job["id"] == batch_job_id(created["batchId"], job["index"])

    batch = await team.end_of_batch(created["batchId"])

    assert batch["status"] == "finished"
    assert batch["stats"] == {
        "total": 2, "finished": 2, "error": 0, "pending": 0, "cancelled": 0
    }  # fmt: skip
    assert [job["index"] for job in batch["jobs"]] == [0, 2]
    assert batch["errors"] == created["errors"]
    for job in batch["jobs"]:
        content = await team.public.get(job["outputUrl"])
        assert Image.open(io.BytesIO(content.content)).size == (32, 18)


async def test_an_accepted_batch_has_no_errors_key(team: Team) -> None:
    card = await team.upload_card()
    created = await team.create_batch(a_still(card))
    assert created["status"] == "created"
    assert set(created) == {"batchId", "status", "totalJobs", "successCount", "jobs"}
    assert set(created["jobs"][0]) == {"index", "id", "status", "outputUrl"}


async def test_stats_of_an_ended_job_have_every_field_of_the_contract(team: Team) -> None:
    created = await team.create_batch(a_still(await team.upload_card()))
    [job] = (await team.end_of_batch(created["batchId"]))["jobs"]
    stats = job["stats"]
    assert set(stats) == {
        "createdAt", "updatedAt", "startedAt", "finishedAt", "errorAt",
        "totalAssets", "renderDuration", "error",
    }  # fmt: skip
    assert stats["errorAt"] is None
    assert stats["error"] is None
    assert stats["totalAssets"] == 1
    for name in ("createdAt", "updatedAt", "startedAt", "finishedAt"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stats[name])
    assert stats["createdAt"] <= stats["startedAt"] <= stats["finishedAt"] <= stats["updatedAt"]


async def test_a_batch_of_rejected_jobs_is_a_400_that_stays_readable(team: Team) -> None:
    created = await team.create_batch({}, "no job", status=400)

    assert created["status"] == "error"
    assert (created["totalJobs"], created["successCount"], created["jobs"]) == (2, 0, [])
    assert created["error"].startswith("All 2 jobs were rejected")
    assert created["errorCode"] == "VALIDATION_ERROR"
    assert [error["index"] for error in created["errors"]] == [0, 1]

    batch = await team.get(f"/batches/{created['batchId']}")
    assert (batch["status"], batch["jobs"]) == ("error", [])
    assert batch["stats"] == dict.fromkeys(
        ("total", "finished", "error", "pending", "cancelled"), 0
    )
    assert batch["errors"] == created["errors"]

    cancelled = await team.http.post(f"/batches/{created['batchId']}/cancel")
    assert cancelled.json()["status"] == "unchanged"


async def test_a_failed_render_says_why(team: Team) -> None:
    job = a_still(await team.upload_card())
    job["assets"] = [
        {"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}
    ]
    created = await team.create_batch(job)

    batch = await team.end_of_batch(created["batchId"])

    [failed] = batch["jobs"]
    assert batch["status"] == "error"
    assert failed["status"] == "error"
    assert failed["error"] == failed["stats"]["error"]
    assert failed["errorCode"] == "ASSET_INVALID"
    assert failed["stats"]["errorAt"]
    assert failed["stats"]["finishedAt"] is None


async def test_another_team_cannot_see_a_batch(team: Team, other_team: Team) -> None:
    batch_id = (await team.create_batch(a_still(await team.upload_card())))["batchId"]
    for request in (
        other_team.http.get(f"/batches/{batch_id}"),
        other_team.http.post(f"/batches/{batch_id}/cancel"),
    ):
        response = await request
        assert response.status_code == 404
        assert response.json()["errorCode"] == "BATCH_NOT_FOUND"


async def test_malformed_ids_are_400_and_unknown_ones_404(team: Team) -> None:
    assert (await team.http.get("/batches/nonsense")).status_code == 400
    assert (await team.http.get("/batches/01J00000000000000000000000")).status_code == 404
    assert (await team.http.post("/batches/nonsense/cancel")).status_code == 400


async def test_batches_are_listed_newest_first_in_pages(team: Team) -> None:
    card = await team.upload_card()
    ids: list[str] = []
    batches: list[list[Any]] = [[a_still(card)], [{}], [a_still(card), a_still(card)]]
    for jobs in batches:
        response = await team.http.post("/batches", json={"jobs": jobs})
        ids.append(response.json()["batchId"])
    for batch_id in (ids[0], ids[2]):
        await team.end_of_batch(batch_id)
    await team.batch_ids(3)

    async def walk() -> list[Any]:
        first = await team.get("/batches?limit=2")
        second = await team.get(f"/batches?limit=2&cursor={first['nextCursor']}")
        assert "nextCursor" not in second
        return first["batches"] + second["batches"]

    listed = await walk()
    assert [batch["batchId"] for batch in listed] == ids[::-1]
    assert [batch["status"] for batch in listed] == ["finished", "error", "finished"]
    assert listed[0]["stats"]["finished"] == 2


async def test_invalid_page_parameters_are_refused(team: Team) -> None:
    for query in ("limit=0", "limit=101", "limit=x", "cursor=x"):
        assert (await team.http.get(f"/batches?{query}")).status_code == 400


async def test_the_workflow_reads_well_in_the_web_ui(api: RunningApi, team: Team) -> None:
    card = await team.upload_card()
    batch_id = (await team.create_batch(a_still(card), a_still(card)))["batchId"]
    handle = api.client.get_workflow_handle(f"{team.name}/batch/{batch_id}")
    description = await handle.describe()
    assert await description.static_summary() == "2 jobs · card"
    assert "2 accepted jobs, 0 rejected" in (await description.static_details() or "")
    await team.end_of_batch(batch_id)


async def test_jobs_and_renders_are_described_in_the_web_ui(api: RunningApi, team: Team) -> None:
    card = await team.upload_card()
    draft = {"template": {"id": card}, "preview": True}
    batch_id = (await team.create_batch(a_still(card), draft))["batchId"]
    batch = await team.end_of_batch(batch_id)
    headlines = [await _headlines(api, team, job["id"]) for job in batch["jobs"]]
    assert headlines == [
        {"00000 · card · main · 32x18 · frame 0 · image_png"},
        {"00001 · card · main · 16x10 · 10 frames · video_h264_vbr_1mbps"},
    ]


async def test_stills_are_rendered_without_a_queue(team: Team, api: RunningApi) -> None:
    card = await team.upload_card()
    stills = [a_still(card, f"Still {number}") for number in range(8)]
    batch_id = (await team.create_batch(*stills))["batchId"]
    batch = await team.end_of_batch(batch_id)
    assert batch["stats"]["finished"] == 8
    queued = [await _was_queued(api, team, job["id"]) for job in batch["jobs"]]
    assert not all(queued), "a busy machine may queue some of them"


async def _was_queued(api: RunningApi, team: Team, job_id: str) -> bool:
    handle = api.client.get_workflow_handle(job_workflow_id(team.name, job_id))
    events = (await handle.fetch_history()).events
    return any(event.HasField("activity_task_scheduled_event_attributes") for event in events)


async def _headlines(api: RunningApi, team: Team, job_id: str) -> set[str | None]:
    """The summaries of the job's workflow and of its one render, queued or local."""
    handle = api.client.get_workflow_handle(job_workflow_id(team.name, job_id))
    render = [
        event
        async for event in handle.fetch_history_events()
        if event.HasField("activity_task_scheduled_event_attributes")
        or event.HasField("marker_recorded_event_attributes")
    ][-1]
    [of_render] = await api.client.data_converter.decode([render.user_metadata.summary], [str])
    return {await (await handle.describe()).static_summary(), of_render}
