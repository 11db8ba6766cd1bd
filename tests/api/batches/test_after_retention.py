"""A new API process still reads batches and jobs after Temporal has deleted their workflows."""

import io
import json
import zipfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from reelbatch.models.orchestration.names import batch_workflow_id, job_workflow_id
from tests.api.documents import a_film
from tests.api.receiver import listening
from tests.api.running_api import RunningApi, Team, a_still, a_video, served, until

MOMENTS = ("updatedAt", "errorAt")  # a job records its end just before Temporal does


@dataclass(frozen=True)
class Past:
    """Batches and jobs that Temporal has deleted, and a client of an API that starts afterwards."""

    http: httpx.AsyncClient
    answers: dict[str, Any]  # to GET requests before the deletion, by path
    batch: Any
    part: Any  # a later part of a table whose first part is `batch`
    cancelled: Any
    terminated: Any
    singles: list[Any]


@pytest_asyncio.fixture(scope="module")
async def past(api: RunningApi, card_team: Team, card: str) -> AsyncGenerator[Past]:
    """Everything is deleted at once, because that takes Temporal several seconds."""
    team = card_team
    film = await team.upload(a_film())
    missing = {"type": "image", "layerName": "background", "src": f"{api.url}/nothing.png"}
    failing = a_still(card) | {"assets": [missing]}
    async with listening() as receiver:
        still = a_still(card, webhook={"url": f"{receiver.url}/job"})
        created = await team.create_batch(still, failing, {})
        batch = await team.end_of_batch(created["batchId"])
        await receiver.bodies(1)
    part = await later_part(team, card, batch["batchId"])
    cancelled = await cancelled_batch(team, film)
    terminated = await terminated_batch(api, team, film)
    singles = await single_jobs(team, a_still(card, tags=["a"]), failing, a_video(film))

    path = f"/batches/{batch['batchId']}"
    job_paths = [f"/jobs/{job['id']}" for job in [*batch["jobs"], *singles]]
    paths = [path, f"{path}/results", *job_paths, f"{job_paths[0]}/webhook"]
    responses = {path: await team.get(path) for path in paths}
    batches = (batch, part, cancelled, terminated)
    jobs = [*singles, *(job for batch in batches for job in batch["jobs"])]
    await forget(
        api.client,
        *(batch_workflow_id(team.name, batch["batchId"]) for batch in batches),
        *(job_workflow_id(team.name, job["id"]) for job in jobs),
    )
    settings = api.settings.model_copy(update={"public_url": api.url})
    token = team.http.headers["Authorization"].removeprefix("Bearer ")
    async with (
        served(settings, api.client, api.store) as later,
        later.client_of(token) as http,
    ):
        yield Past(http, responses, batch, part, cancelled, terminated, singles)


async def later_part(team: Team, card: str, first: str) -> Any:
    """The second row of two, in two outputs."""
    outputs = [{"composition": name, "settings": {"codec": "png"}} for name in ("main", "badge")]
    query = {"template": card, "outputs": json.dumps(outputs), "submission": first, "firstRow": 1}
    headers = {"Content-Type": "text/csv"}
    sent = await team.http.post("/batches", params=query, content="title\nA\nB\n", headers=headers)
    return await team.end_of_batch(sent.json()["batchId"])


async def cancelled_batch(team: Team, film: str) -> Any:
    created = await team.create_batch(a_video(film))
    await team.http.post(f"/batches/{created['batchId']}/cancel")
    return await team.end_of_batch(created["batchId"])


async def terminated_batch(api: RunningApi, team: Team, film: str) -> Any:
    """A batch that an operator has terminated, so that it could not write a manifest."""
    created = await team.create_batch(a_video(film))

    async def rendering() -> Any:
        return await team.get("/jobs?states=render:dorender") or None

    await until(rendering, "render")
    workflow_id = batch_workflow_id(team.name, created["batchId"])
    await api.client.get_workflow_handle(workflow_id).terminate()
    return await team.end_of_batch(created["batchId"])


async def single_jobs(team: Team, finishing: Any, failing: Any, endless: Any) -> list[Any]:
    jobs = (finishing, failing, endless)
    ids = [(await team.http.post("/jobs", json=job)).json()["id"] for job in jobs]
    await team.http.patch(f"/jobs/{ids[2]}/cancel")
    return [await team.end_of_job(job_id) for job_id in ids]


async def forget(client: Client, *workflow_ids: str) -> None:
    """Delete the workflows, as happens at the end of their retention."""
    for workflow_id in workflow_ids:
        request = DeleteWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id),
        )
        try:
            await client.workflow_service.delete_workflow_execution(request)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # the job was cancelled before it began
                raise

    async def gone() -> bool | None:
        for workflow_id in workflow_ids:
            try:
                await client.get_workflow_handle(workflow_id).describe()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
            else:
                return None
        return True

    await until(gone, "end of the deletion")


def without_moments(answer: Any) -> Any:
    if "progress" in answer:  # it is a job
        for moment in MOMENTS:
            answer["stats"].pop(moment)
    return answer


async def test_batches_and_jobs_and_webhooks_read_as_before(past: Past) -> None:
    statuses = [job["status"] for job in past.singles]
    assert statuses == ["finished", "error", "manually_cancelled"]
    for path, expected in past.answers.items():
        response = await past.http.get(path)
        assert response.status_code == 200, path
        assert without_moments(response.json()) == without_moments(expected), path


async def test_batches_stay_listed_and_jobs_do_not(past: Past) -> None:
    listed = (await past.http.get("/batches")).json()["batches"]
    ids = [item["batchId"] for item in listed]
    batches = (past.terminated, past.cancelled, past.part, past.batch)
    assert ids == [batch["batchId"] for batch in batches]
    assert listed[3]["stats"] == past.batch["stats"]
    assert (await past.http.get("/jobs")).json() == []


async def test_a_part_of_a_table_is_still_listed_with_its_position(past: Past) -> None:
    """Clients need it to give the files of all parts different names."""
    first = past.batch["batchId"]
    of_table = (await past.http.get("/batches", params={"submission": first})).json()["batches"]
    assert of_table == (await past.http.get("/batches")).json()["batches"][2:]
    part, whole = of_table
    assert (part["submission"], part["firstRow"], part["outputs"]) == (first, 1, 2)
    assert {"submission", "firstRow", "outputs"}.isdisjoint(whole)


async def test_events_show_how_a_batch_ended(past: Past) -> None:
    events = (await past.http.get(f"/batches/{past.batch['batchId']}/events")).text
    assert events.count("event: job") == 2
    assert events.count("event: end") == 1


async def test_outputs_and_logs_are_still_there(past: Past) -> None:
    path = f"/batches/{past.batch['batchId']}"
    archive = (await past.http.get(f"{path}/archive")).content
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        assert content.namelist() == ["results.json", "00000.png"]
        assert json.loads(content.read("results.json")) == past.answers[f"{path}/results"]
    for job in (past.batch["jobs"][0], past.singles[0]):
        log = (await past.http.get(f"/jobs/{job['id']}/logs")).text
        assert "RENDERED" in log or "REUSED" in log
        assert (await past.http.get(job["outputUrl"])).status_code == 200


async def test_nothing_can_be_cancelled_or_retried(past: Past) -> None:
    batch_path = f"/batches/{past.cancelled['batchId']}"
    cancelled = (await past.http.post(f"{batch_path}/cancel")).json()
    assert (cancelled["status"], cancelled["skippedCount"]) == ("unchanged", 1)
    retried = await past.http.post(f"{batch_path}/retry")
    assert (retried.status_code, retried.json()["errorCode"]) == (410, "GONE")
    for job in (past.cancelled["jobs"][0], past.singles[0]):
        refused = await past.http.patch(f"/jobs/{job['id']}/cancel")
        assert (refused.status_code, refused.json()["errorCode"]) == (409, "JOB_NOT_CANCELLABLE")


async def test_a_batch_that_an_operator_terminated_reads_as_it_was_last_read(past: Past) -> None:
    response = await past.http.get(f"/batches/{past.terminated['batchId']}")
    assert response.json() == past.terminated
