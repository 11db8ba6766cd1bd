"""Cancelling batches, single jobs and lists of jobs."""

from typing import Any

import pytest
from temporalio.client import WorkflowQueryFailedError

from api.jobs import cancellation
from api.snapshots import BatchHandle
from reelbatch.models.orchestration.batches import CancellationOutcome
from tests.api.documents import a_film
from tests.api.running_api import RunningApi, Team, a_still, a_video, until


async def until_started(team: Team, job_id: str) -> None:
    async def look() -> bool | None:
        return (await team.get(f"/jobs/{job_id}"))["progress"] > 0 or None

    await until(look, "progress of the job")


async def test_cancel_in_the_middle_stops_running_and_queued_jobs(team: Team) -> None:
    film = await team.upload(a_film())
    created = await team.create_batch(*[a_video(film)] * 25)
    batch_id, ids = created["batchId"], [job["id"] for job in created["jobs"]]
    [ended_before] = (await team.http.patch(f"/jobs/{ids[24]}/cancel")).json()

    async def look() -> Any:
        return await team.get("/jobs?states=render:dorender") or None

    running, *_ = await until(look, "rendering job")
    response = await team.http.post(f"/batches/{batch_id}/cancel")

    assert response.status_code == 200
    answer = response.json()
    assert answer["status"] == "partial"
    assert (answer["totalJobs"], answer["cancelledCount"], answer["skippedCount"]) == (25, 24, 1)
    assert answer["jobs"][24] == {
        "index": 24,
        "id": ended_before["id"],
        "result": "skipped",
        "status": "manually_cancelled",
        "reason": "The job had already ended: manually_cancelled.",
    }
    assert answer["jobs"][1] == {
        "index": 1, "id": ids[1], "result": "cancelled", "status": "manually_cancelled"
    }  # fmt: skip
    assert [job["id"] for job in answer["cancelledJobs"]] == ids[:24]
    assert (await team.get(f"/jobs/{running['id']}"))["status"] == "manually_cancelled"

    batch = await team.end_of_batch(batch_id)
    assert batch["status"] == "error"
    assert batch["stats"] == {
        "total": 25, "finished": 0, "error": 25, "pending": 0, "cancelled": 25
    }  # fmt: skip

    again = (await team.http.post(f"/batches/{batch_id}/cancel")).json()
    assert (again["status"], again["cancelledCount"], again["skippedCount"]) == ("unchanged", 0, 25)


async def test_failed_queries_do_not_end_the_wait_for_a_cancellation(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = CancellationOutcome(request_id="x", settled=False, cancelled=[0], skipped=[])
    settled = begun.model_copy(update={"settled": True})
    responses = iter([None, begun, None, settled])

    async def query(_handle: BatchHandle, _request_id: str) -> CancellationOutcome:
        response = next(responses)
        if response is None:
            raise WorkflowQueryFailedError("busy")
        return response

    monkeypatch.setattr(cancellation, "_query_outcome", query)
    batch = api.client.get_workflow_handle("a batch")
    assert await cancellation._settled(batch, "x") is settled  # pyright: ignore[reportPrivateUsage]


async def test_a_batch_whose_jobs_were_all_cancelled_is_an_error(team: Team) -> None:
    film = await team.upload(a_film())
    created = await team.create_batch(a_video(film), a_video(film))
    response = (await team.http.post(f"/batches/{created['batchId']}/cancel")).json()
    assert (response["status"], response["cancelledCount"]) == ("cancelled", 2)
    assert (await team.end_of_batch(created["batchId"]))["status"] == "error"


async def test_one_job_of_a_batch_is_cancelled_and_the_others_continue(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    created = await team.create_batch(a_video(film), a_still(card, priority=2))
    first, second = (job["id"] for job in created["jobs"])

    [cancelled] = (await team.http.patch(f"/jobs/{first}/cancel")).json()

    assert (cancelled["id"], cancelled["status"]) == (first, "manually_cancelled")
    assert (await team.end_of_job(second))["status"] == "finished"
    assert (await team.end_of_batch(created["batchId"]))["stats"]["cancelled"] == 1


async def test_an_ended_job_cannot_be_cancelled(team: Team) -> None:
    card = await team.upload_card()
    single = (await team.http.post("/jobs", json=a_still(card))).json()["id"]
    of_batch = (await team.create_batch(a_still(card)))["jobs"][0]["id"]
    for job_id in (single, of_batch):
        await team.end_of_job(job_id)
        response = await team.http.patch(f"/jobs/{job_id}/cancel")
        assert (response.status_code, response.json()["errorCode"]) == (409, "JOB_NOT_CANCELLABLE")


async def test_many_jobs_are_cancelled_together_or_not_at_all(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    single = (await team.http.post("/jobs", json=a_video(film))).json()["id"]
    await until_started(team, single)
    batch = await team.create_batch(a_still(card), a_video(film), a_video(film))
    done, first, second = (job["id"] for job in batch["jobs"])

    async def cancel(*ids: str) -> Any:
        return await team.http.post("/jobs/cancel", json={"jobs": ids})

    unknown = await cancel(single, "01JAAAAAAAAAAAAAAAAAAAAAAA")
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "JOB_NOT_FOUND")
    [detail] = unknown.json()["details"]
    assert detail["field"] == "01JAAAAAAAAAAAAAAAAAAAAAAA"
    # The worker renders one at a time: the still may have to wait until the single job is gone.
    assert (await team.get(f"/jobs/{single}"))["status"] != "manually_cancelled"

    cancelled = (await cancel(single, second, first)).json()

    assert [job["id"] for job in cancelled] == [single, second, first]
    assert {job["status"] for job in cancelled} == {"manually_cancelled"}
    await team.end_of_job(done)
    ended = await cancel(done)
    assert (ended.status_code, ended.json()["errorCode"]) == (409, "JOB_NOT_CANCELLABLE")


async def test_invalid_lists_of_jobs_to_cancel_are_refused(team: Team) -> None:
    some_id = "01JAAAAAAAAAAAAAAAAAAAAAAA"
    for ids in ([], ["nonsense"], [some_id, some_id], "x", [some_id] * 1001):
        response = await team.http.post("/jobs/cancel", json={"jobs": ids})
        assert response.status_code == 400
    assert (await team.http.patch("/jobs/nonsense/cancel")).status_code == 400
    assert (await team.http.patch(f"/jobs/{some_id}/cancel")).status_code == 404
