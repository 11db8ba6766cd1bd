"""Rendering the failed and cancelled jobs of a batch again."""

import io
from typing import Any

from PIL import Image

from reelbatch.models.ids import batch_job_id
from reelbatch.storage import keys
from reelbatch.storage.objects import write_model
from tests.api.documents import a_film
from tests.api.running_api import RunningApi, Team, a_still, a_video, until
from workflows.batch import BatchWorkflow


def a_broken(card: str) -> dict[str, Any]:
    image = {"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}
    return a_still(card) | {"assets": [image]}


async def retry(team: Team, batch_id: str, query: str = "", status: int = 201) -> Any:
    response = await team.http.post(f"/batches/{batch_id}/retry{query}")
    assert response.status_code == status, response.text
    return response.json()


async def test_cancelled_jobs_are_rendered_again_with_the_same_indexes(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    blocking = (await team.http.post("/jobs", json=a_video(film))).json()["id"]
    created = await team.create_batch({}, a_still(card), a_still(card, "B"))
    cancelled = await team.http.post(f"/batches/{created['batchId']}/cancel")
    assert cancelled.json()["cancelledCount"] == 2

    again = await retry(team, created["batchId"])

    assert again["retryOf"] == created["batchId"] != again["batchId"]
    assert (again["status"], again["totalJobs"], again["successCount"]) == ("created", 2, 2)
    assert [job["index"] for job in again["jobs"]] == [1, 2]
    assert [job["id"] for job in again["jobs"]] == [
        batch_job_id(again["batchId"], index) for index in (1, 2)
    ]
    await team.http.patch(f"/jobs/{blocking}/cancel")
    batch = await team.end_of_batch(again["batchId"])
    assert batch["stats"]["finished"] == 2
    for created_again, job in zip(again["jobs"], batch["jobs"], strict=True):
        assert created_again["outputUrl"] == job["outputUrl"]
        content = await team.public.get(job["outputUrl"])
        assert Image.open(io.BytesIO(content.content)).size == (32, 18)


async def test_failed_jobs_can_be_retried_while_others_are_rendering(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    body = {"jobs": [a_broken(card), a_video(film)], "concurrency": 1}
    batch_id = (await team.http.post("/batches", json=body)).json()["batchId"]

    async def failed() -> bool | None:
        return (await team.get(f"/batches/{batch_id}"))["stats"]["error"] == 1 or None

    await until(failed, "failed job")
    again = await retry(team, batch_id)
    assert [job["index"] for job in again["jobs"]] == [0]
    await team.http.post(f"/batches/{batch_id}/cancel")
    assert [job["index"] for job in (await retry(team, batch_id))["jobs"]] == [0, 1]
    assert [job["index"] for job in (await retry(team, batch_id, "?only=error"))["jobs"]] == [0]
    only_cancelled = await retry(team, batch_id, "?only=cancelled")
    assert [job["index"] for job in only_cancelled["jobs"]] == [1]


async def test_a_batch_without_failed_jobs_cannot_be_retried(team: Team) -> None:
    card = await team.upload_card()
    finished = (await team.create_batch(a_still(card)))["batchId"]
    rejected = (await team.create_batch({}, status=400))["batchId"]
    await team.end_of_batch(finished)
    for batch_id in (finished, rejected):
        assert (await retry(team, batch_id, status=409))["errorCode"] == "NOTHING_TO_RETRY"
    assert (await retry(team, finished, "?only=finished", 400))["errorCode"] == "VALIDATION_ERROR"
    assert (await retry(team, "01J00000000000000000000000", status=404))["error"]
    assert (await retry(team, "nonsense", status=400))["error"]


async def test_another_team_cannot_retry_a_batch(team: Team, other_team: Team) -> None:
    created = await team.create_batch(a_broken(await team.upload_card()))
    await team.end_of_batch(created["batchId"])
    assert (await retry(other_team, created["batchId"], status=404))["error"]


async def test_a_repeated_retry_with_a_key_is_one_batch(team: Team) -> None:
    created = await team.create_batch(a_broken(await team.upload_card()))
    path, key = f"/batches/{created['batchId']}/retry", {"Idempotency-Key": "k"}
    await team.end_of_batch(created["batchId"])
    first = await team.http.post(path, headers=key)
    second = await team.http.post(path, headers=key)
    assert first.content == second.content
    assert second.headers["idempotency-replayed"] == "true"
    other = await team.http.post(f"{path}?only=error", headers=key)
    assert other.status_code == 422


async def test_the_inputs_of_a_forgotten_batch_are_gone(api: RunningApi, team: Team) -> None:
    created = await team.create_batch(a_broken(await team.upload_card()))
    batch_id = created["batchId"]
    await team.end_of_batch(batch_id)
    handle = api.client.get_workflow_handle_for(BatchWorkflow.run, f"{team.name}/batch/{batch_id}")
    forgotten = "01J0000000000000000000ZG00"
    manifest = (await handle.result()).model_copy(update={"id": forgotten})
    await write_model(api.store, keys.batch_manifest(team.name, forgotten), manifest)
    assert (await retry(team, forgotten, status=410))["errorCode"] == "GONE"
