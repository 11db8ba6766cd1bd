"""Requests that are repeated with an Idempotency-Key."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from reelbatch.models.stored.idempotency import BatchSubmission, IdempotencyRecord
from reelbatch.storage import keys
from reelbatch.storage.objects import read_model, write_model
from tests.api.running_api import RunningApi, Team, a_still


async def number_of_workflows(api: RunningApi, team: Team, kind: str) -> int:
    query = f"WorkflowType = '{kind}' AND ReelbatchTeam = '{team.name}'"
    return (await api.client.count_workflows(query)).count


async def test_a_repeated_batch_gets_the_same_response_and_starts_nothing(
    api: RunningApi, team: Team
) -> None:
    body = {"jobs": [a_still(await team.upload_card()), {}]}
    key = {"Idempotency-Key": "order-1"}

    first = await team.http.post("/batches", json=body, headers=key)
    second = await team.http.post("/batches", json=body, headers=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    await team.end_of_batch(first.json()["batchId"])
    third = await team.http.post("/batches", json=body, headers=key)
    assert third.content == first.content
    assert await number_of_workflows(api, team, "Batch") == 1


async def test_requests_at_the_same_time_make_one_batch(api: RunningApi, team: Team) -> None:
    body = {"jobs": [a_still(await team.upload_card())]}
    key = {"Idempotency-Key": "order-1"}
    responses = await asyncio.gather(
        *(team.http.post("/batches", json=body, headers=key) for _ in range(8))
    )
    assert len({response.content for response in responses}) == 1
    await team.end_of_batch(responses[0].json()["batchId"])
    assert await number_of_workflows(api, team, "Batch") == 1


async def test_a_repeated_job_is_one_job(api: RunningApi, team: Team) -> None:
    body = a_still(await team.upload_card())
    key = {"Idempotency-Key": "job-1"}
    ids = {(await team.http.post("/jobs", json=body, headers=key)).json()["id"] for _ in range(3)}
    [job_id] = ids
    await team.end_of_job(job_id)
    assert await number_of_workflows(api, team, "RenderJob") == 1


async def test_a_key_with_another_body_or_query_is_refused(team: Team) -> None:
    card = await team.upload_card()
    await team.create_batch(a_still(card), key="k")
    other = await team.create_batch(a_still(card, "B"), status=422, key="k")
    body, key = {"jobs": [a_still(card)]}, {"Idempotency-Key": "k"}
    draft = (await team.http.post("/batches?quality=draft", json=body, headers=key)).json()
    assert other["errorCode"] == draft["errorCode"] == "IDEMPOTENCY_KEY_REUSED"


async def test_keys_belong_to_a_team_and_an_endpoint(team: Team, other_team: Team) -> None:
    card = await team.upload_card()
    mine = await team.create_batch(a_still(card), key="k")
    theirs = await other_team.create_batch(a_still(await other_team.upload_card()), key="k")
    assert mine["batchId"] != theirs["batchId"]
    key = {"Idempotency-Key": "k"}
    assert (await team.http.post("/jobs", json=a_still(card), headers=key)).status_code == 201


async def test_a_rejected_batch_is_replayed_too(team: Team) -> None:
    first = await team.create_batch({}, status=400, key="k")
    assert await team.create_batch({}, status=400, key="k") == first


async def test_an_interrupted_submission_is_completed_by_the_next_request(
    api: RunningApi, team: Team
) -> None:
    """The API has crashed between storing the record and starting the batch."""
    card = await team.upload_card()
    body = {"jobs": [a_still(card)]}
    key = {"Idempotency-Key": "k"}
    first = await team.http.post("/batches", json=body, headers=key)
    record_key = record_key_of(team, "/api/v2/batches", "k")
    record = await read_model(api.store, record_key, IdempotencyRecord[BatchSubmission])
    assert record is not None
    lost = record.submission.batch.model_copy(update={"id": first.json()["batchId"][:-4] + "0400"})
    submission = record.submission.model_copy(update={"batch": lost})
    await write_model(api.store, record_key, record.model_copy(update={"submission": submission}))

    await team.http.post("/batches", json=body, headers=key)

    assert (await team.http.get(f"/batches/{lost.id}")).status_code == 200


async def test_a_key_can_be_used_again_after_a_day(api: RunningApi, team: Team) -> None:
    card = await team.upload_card()
    first = await team.create_batch(a_still(card), key="k")
    record_key = record_key_of(team, "/api/v2/batches", "k")
    record = await read_model(api.store, record_key, IdempotencyRecord[BatchSubmission])
    assert record is not None
    old = record.model_copy(update={"created_at": datetime.now(UTC) - timedelta(hours=24)})
    await write_model(api.store, record_key, old)

    second = await team.create_batch(a_still(card, "another body"), key="k")
    third = await team.create_batch(a_still(card, "another body"), key="k")

    assert first["batchId"] != second["batchId"]
    assert second == third


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "\x7f"])
async def test_invalid_keys_are_refused(team: Team, key: str) -> None:
    response = await team.http.post("/batches", json={}, headers={"Idempotency-Key": key})
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["error"]


def record_key_of(team: Team, endpoint: str, key: str) -> str:
    digest = hashlib.sha256(f"{endpoint}\n{key}".encode()).hexdigest()
    return keys.idempotency_record(team.name, digest, 0)
