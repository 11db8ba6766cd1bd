"""Webhooks of jobs and batches, from the request to the receiver, the log and redelivery."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from tests.api.documents import a_film
from tests.api.receiver import Receiver, listening
from tests.api.running_api import RunningApi, Team, a_still, a_video, until


@pytest_asyncio.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with listening() as started:
        yield started


async def delivered(team: Team, path: str) -> Any:
    """The log, once it says that the webhook was delivered."""

    async def look() -> Any:
        log = await team.get(f"{path}/webhook")
        return log if log["state"] == "delivered" else None

    return await until(look, "delivery")


async def test_the_webhook_of_a_finished_job_contains_the_job(
    team: Team, receiver: Receiver
) -> None:
    webhook = {"url": f"{receiver.url}/hook?key=a%2Fb", "data": {"order": 7}}
    job = a_still(await team.upload_card(), webhook=webhook)
    created = (await team.http.post("/jobs", json=job)).json()
    read = await team.end_of_job(created["id"])

    [received] = await receiver.bodies(1)

    assert received.pop("data") == {"order": 7}
    assert received.pop("state") == "finished"
    assert received.pop("renderDuration") == read["stats"]["renderDuration"]
    assert received.pop("finishedAt") == read["stats"]["finishedAt"]
    received["stats"].pop("updatedAt")
    read["stats"].pop("updatedAt")
    assert received == read
    assert received["outputUrl"] == created["outputUrl"]
    [(path, headers, _)] = receiver.requests
    assert path == "/hook?key=a%2Fb"
    assert headers["webhook-id"] == created["id"]
    log = await delivered(team, f"/jobs/{created['id']}")
    [attempt] = log["attempts"]
    assert (attempt["status"], attempt["response"]) == (200, "ok")
    assert log["url"] == webhook["url"]


async def test_a_team_reads_the_key_that_its_webhooks_are_signed_with(
    team: Team, other_team: Team, receiver: Receiver
) -> None:
    secret = (await team.get("/webhooks/secret"))["secret"]
    assert secret.startswith("whsec_")
    assert secret != (await other_team.get("/webhooks/secret"))["secret"]
    job = a_still(await team.upload_card(), webhook={"url": receiver.url})
    await team.http.post("/jobs", json=job)
    [body] = await receiver.bodies(1)
    [(_, headers, _)] = receiver.requests
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{content}".encode()
    digest = hmac.digest(b64decode(secret.removeprefix("whsec_")), signed, "sha256")
    assert headers["webhook-signature"] == f"v1,{b64encode(digest).decode()}"


@pytest.mark.parametrize("name", ["webhook-id", "Webhook-Timestamp", "WEBHOOK-SIGNATURE"])
async def test_clients_cannot_set_the_headers_of_a_signature(
    card_team: Team, card: str, name: str
) -> None:
    webhook = {"url": "https://example.com", "headers": {name: "v1,x"}}
    refused = await card_team.http.post("/jobs", json=a_still(card, webhook=webhook))
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field"] == "webhook.headers"


async def test_webhooks_are_sent_for_jobs_and_for_the_batch(team: Team, receiver: Receiver) -> None:
    card = await team.upload_card()
    job = a_still(card, webhook={"url": f"{receiver.url}/job"})
    body = {"jobs": [job, a_still(card), {}], "webhook": {"url": f"{receiver.url}/batch"}}
    created = (await team.http.post("/batches", json=body)).json()
    batch = await team.end_of_batch(created["batchId"])

    await receiver.bodies(2)

    by_path = {path: body for path, _, body in receiver.requests}
    assert by_path["/job"]["id"] == created["jobs"][0]["id"]
    del batch["jobs"]
    assert by_path["/batch"] == {**batch, "type": "batch.finished"}
    await delivered(team, f"/batches/{created['batchId']}")


async def test_webhooks_are_sent_for_jobs_that_are_cancelled_in_the_queue(
    team: Team, receiver: Receiver
) -> None:
    webhook = {"url": receiver.url}
    film = a_video(await team.upload(a_film()))
    created = await team.create_batch(*[film | {"webhook": webhook}] * 30)
    await team.http.post(f"/batches/{created['batchId']}/cancel")
    received = await receiver.bodies(30)
    assert {body["id"] for body in received} == {job["id"] for job in created["jobs"]}
    assert {body["status"] for body in received} == {"manually_cancelled"}


async def test_a_webhook_is_sent_for_a_job_that_an_operator_terminates(
    api: RunningApi, team: Team, receiver: Receiver
) -> None:
    film = a_video(await team.upload(a_film())) | {"webhook": {"url": receiver.url}}
    created = await team.create_batch(film)
    [job] = created["jobs"]

    async def started() -> bool | None:
        return (await team.get(f"/jobs/{job['id']}"))["progress"] > 0 or None

    await until(started, "progress")
    await api.client.get_workflow_handle(f"{team.name}/job/{job['id']}").terminate()
    [received] = await receiver.bodies(1)
    assert (received["id"], received["status"]) == (job["id"], "error")
    await team.end_of_batch(created["batchId"])


async def test_a_batchs_webhook_is_checked_like_a_job(card_team: Team, card: str) -> None:
    for data in (
        {"text": "\ud800"},
        {"deep": json.loads("[" * 60 + "]" * 60)},
        {"x": "y" * 70_000},
    ):
        webhook = {"url": "https://example.com", "data": data}
        body = json.dumps({"jobs": [a_still(card)], "webhook": webhook})
        response = await card_team.http.post("/batches", content=body)
        assert response.status_code == 400
        assert response.json()["details"][0]["field"] == "webhook"


async def test_a_webhook_can_be_sent_again_with_the_same_body(
    team: Team, receiver: Receiver
) -> None:
    job = a_still(await team.upload_card(), webhook={"url": receiver.url})
    job_id = (await team.http.post("/jobs", json=job)).json()["id"]
    await delivered(team, f"/jobs/{job_id}")

    async def redelivered() -> int | None:
        response = await team.http.post(f"/jobs/{job_id}/webhook/redeliver")
        return 202 if response.status_code == 202 else None

    await until(redelivered, "end of the first delivery")
    first, second = await receiver.bodies(2)
    assert first == second
    assert {headers["webhook-id"] for _, headers, _ in receiver.requests} == {job_id}


async def test_an_unavailable_receiver_does_not_affect_the_job(
    team: Team, receiver: Receiver
) -> None:
    receiver.status = 500
    job = a_still(await team.upload_card(), webhook={"url": receiver.url})
    job_id = (await team.http.post("/jobs", json=job)).json()["id"]
    assert (await team.end_of_job(job_id))["status"] == "finished"
    await receiver.bodies(1)
    receiver.status = 204
    log = await delivered(team, f"/jobs/{job_id}")
    assert [attempt["status"] for attempt in log["attempts"]] == [500, 204]


async def test_headers_stay_out_of_the_web_ui(
    api: RunningApi, team: Team, receiver: Receiver
) -> None:
    webhook = {"url": f"{receiver.url}/p4th", "headers": {"Authorization": "Bearer t0ken"}}
    created = await team.create_batch(a_still(await team.upload_card(), webhook=webhook))
    await receiver.bodies(1)
    await team.end_of_batch(created["batchId"])
    job_id = created["jobs"][0]["id"]
    for workflow_id in (f"batch/{created['batchId']}", f"job/{job_id}", f"webhook/{job_id}"):
        handle = api.client.get_workflow_handle(f"{team.name}/{workflow_id}")
        history = str(await handle.fetch_history())
        assert "t0ken" not in history
        assert "p4th" not in history


async def test_a_retried_batch_keeps_its_webhooks(team: Team, receiver: Receiver) -> None:
    job = a_still(await team.upload_card(), webhook={"url": f"{receiver.url}/job"})
    bad = {"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}
    body = {"jobs": [job | {"assets": [bad]}], "webhook": {"url": f"{receiver.url}/batch"}}
    created = (await team.http.post("/batches", json=body)).json()
    await team.end_of_batch(created["batchId"])
    await receiver.bodies(2)

    again = (await team.http.post(f"/batches/{created['batchId']}/retry")).json()

    received = (await receiver.bodies(4))[2:]
    [retried] = again["jobs"]
    assert {body.get("id", body["batchId"]) for body in received} == {
        retried["id"],
        again["batchId"],
    }
    assert {body.get("outputUrl") for body in received} == {None, retried["outputUrl"]}


@pytest.mark.parametrize(
    ("webhook", "field"),
    [
        ({}, "webhook.url"),
        ({"url": "ftp://example.com"}, "webhook.url"),
        ({"url": "https://"}, "webhook.url"),
        ({"url": "https://example.com/a b"}, "webhook.url"),
        ({"url": "https://[::1/"}, "webhook.url"),
        ({"url": "https://example.com", "method": "PATCH"}, "webhook.method"),
        ({"url": "https://example.com", "headers": {"Host": "x"}}, "webhook.headers"),
        ({"url": "https://example.com", "headers": {"a b": "x"}}, "webhook.headers"),
        ({"url": "https://example.com", "headers": {"a": "x\r\ny: z"}}, "webhook.headers"),
        ({"url": "https://example.com/${secrets.NONE}"}, "webhook.url"),
    ],
)
async def test_a_webhook_that_cannot_work_is_refused(
    card_team: Team, card: str, webhook: Any, field: str
) -> None:
    job = await card_team.http.post("/jobs", json=a_still(card, webhook=webhook))
    batch = await card_team.http.post(
        "/batches", json={"jobs": [a_still(card)], "webhook": webhook}
    )
    for response in (job, batch):
        assert response.status_code == 400
        assert response.json()["details"][0]["field"] == field


async def test_jobs_and_batches_without_a_webhook_have_no_log(team: Team, other_team: Team) -> None:
    film = a_video(await team.upload(a_film()))
    job = film | {"webhook": {"url": "https://example.com"}}
    job_id = (await team.http.post("/jobs", json=job)).json()["id"]
    log = await team.get(f"/jobs/{job_id}/webhook")
    assert (log["state"], log["attempts"]) == ("waiting", [])
    early = await team.http.post(f"/jobs/{job_id}/webhook/redeliver")
    assert (early.status_code, early.json()["errorCode"]) == (409, "WEBHOOK_NOT_DUE")
    for path in (f"/jobs/{job_id}/webhook", "/batches/01J00000000000000000000000/webhook"):
        response = await other_team.http.get(path)
        assert (response.status_code, response.json()["errorCode"]) == (404, "WEBHOOK_NOT_FOUND")
