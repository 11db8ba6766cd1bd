"""The API's behaviour without a worker, and after an operator has intervened."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client, WorkflowHandle

from api.snapshots import describe
from reelbatch.models.orchestration.names import template_workflow_id
from reelbatch.settings import Settings
from reelbatch.storage import keys
from reelbatch.storage.objects import write_model
from reelbatch.storage.templates import read_template
from reelbatch.storage.tokens import create_token
from tests.api.client.conftest import token_of
from tests.api.documents import a_card, a_film
from tests.api.running_api import RunningApi, Team, a_still, a_video, served, until
from tests.api.temporal import IDLE_NAMESPACE, connected
from workflows.batch import BatchWorkflow


@pytest_asyncio.fixture(scope="module")
async def idle_api(settings: Settings, store: ObjectStore) -> AsyncGenerator[RunningApi]:
    """An API with the same store, but in a namespace without a worker."""
    idle = settings.model_copy(update={"temporal_namespace": IDLE_NAMESPACE})
    async with served(idle, await connected(idle, store), store) as api:
        yield api


@pytest_asyncio.fixture
async def idle_team(idle_api: RunningApi, card_team: Team) -> AsyncGenerator[Team]:
    token, _ = await create_token(idle_api.store, card_team.name, "test")
    async with idle_api.client_of(token) as http:
        yield Team(card_team.name, http, card_team.public)


async def test_a_batch_is_accepted_readable_and_listed(idle_team: Team, card: str) -> None:
    created = await idle_team.create_batch(a_still(card), a_still(card))
    batch = await idle_team.get(f"/batches/{created['batchId']}")
    assert (batch["status"], batch["stats"]["pending"]) == ("processing", 2)
    assert [job["status"] for job in batch["jobs"]] == ["queued", "queued"]


async def test_a_cancellation_without_a_worker_is_recorded(idle_team: Team, card: str) -> None:
    created = await idle_team.create_batch(a_still(card))
    response = await idle_team.http.post(f"/batches/{created['batchId']}/cancel")
    assert (response.status_code, response.json()["errorCode"]) == (503, "UNAVAILABLE")
    assert response.headers["retry-after"]
    assert "recorded" in response.json()["error"]


async def test_a_terminated_batch_has_ended(
    idle_api: RunningApi, idle_team: Team, card: str
) -> None:
    created = await idle_team.create_batch(a_still(card), {}, a_still(card))
    batch_id = created["batchId"]
    await idle_api.client.get_workflow_handle(f"{idle_team.name}/batch/{batch_id}").terminate()
    batch = await idle_team.get(f"/batches/{batch_id}")
    assert (batch["status"], batch["stats"]["cancelled"]) == ("error", 2)
    assert [job["index"] for job in batch["jobs"]] == [0, 2]
    assert batch["errors"] == created["errors"]
    response = await idle_team.http.post(f"/batches/{batch_id}/cancel")
    assert response.json()["status"] == "unchanged"


async def test_a_batch_that_temporal_has_forgotten_is_read_from_its_manifest(
    api: RunningApi, team: Team
) -> None:
    card = await team.upload_card()
    created = await team.create_batch(a_still(card))
    batch_id = created["batchId"]
    ended = await team.end_of_batch(batch_id)
    handle = api.client.get_workflow_handle_for(BatchWorkflow.run, f"{team.name}/batch/{batch_id}")
    snapshot = await handle.result()
    forgotten = "01J0000000000000000000ZG00"
    manifest = snapshot.model_copy(update={"id": forgotten})
    await write_model(api.store, keys.batch_manifest(team.name, forgotten), manifest)

    batch = await team.get(f"/batches/{forgotten}")

    assert batch["stats"] == ended["stats"]
    [job] = batch["jobs"]
    assert (await team.get(f"/jobs/{job['id']}"))["status"] == "finished"
    assert await team.batch_ids(2) == [batch_id, forgotten]


async def test_counts_stay_the_same_if_a_busy_worker_does_not_respond(
    api: RunningApi, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    body = {"jobs": [a_still(card), a_video(film), a_video(film)], "concurrency": 1}
    batch_id = (await team.http.post("/batches", json=body)).json()["batchId"]
    before = await team.get(f"/batches/{batch_id}?wait=60")
    second, third = (job["id"] for job in before["jobs"][1:])
    await team.http.patch(f"/jobs/{third}/cancel")  # which never started

    async def first_is_rendering() -> bool | None:
        return (await team.get(f"/jobs/{second}"))["progress"] > 0 or None

    await until(first_is_rendering, "progress of the second job")
    before = await team.get(f"/batches/{batch_id}")
    assert "asOf" not in before["stats"]
    monkeypatch.setattr("api.snapshots.QUERY_TIMEOUT", timedelta(microseconds=1))
    [item] = (await team.get("/batches"))["batches"]
    batch = await team.get(f"/batches/{batch_id}")
    for stats in (item["stats"], batch["stats"]):
        assert stats.pop("asOf") > before["createdAt"]
        assert stats == before["stats"]
    assert batch["jobs"] == before["jobs"]
    assert (await team.get(f"/jobs/{second}"))["progress"] > 0

    async with (
        served(api.settings, api.client, api.store) as newly_started,
        newly_started.client_of(token_of(team)) as http,
    ):
        batch = (await http.get(f"/batches/{batch_id}")).json()
    assert batch["stats"]["finished"] == 1
    assert batch["jobs"][0]["stats"] == before["jobs"][0]["stats"]


async def test_an_inspection_that_fails_after_a_newer_upload_does_not_affect_it(
    idle_api: RunningApi, idle_team: Team
) -> None:
    body = {"type": "lottie", "displayName": "card"}
    created = (await idle_team.http.post("/templates", json=body)).json()
    path = f"/templates/{created['id']}"

    async def upload() -> tuple[asyncio.Task[httpx.Response], WorkflowHandle[Any, Any]]:
        """Returns the request, which waits for the inspection, and the inspection."""
        before = await read_template(idle_api.store, idle_team.name, created["id"])
        sending = asyncio.create_task(idle_team.public.put(created["uploadUrl"], content=a_card()))

        async def inspection() -> WorkflowHandle[Any, Any] | None:
            record = await read_template(idle_api.store, idle_team.name, created["id"])
            assert before is not None
            if record is None or record.source == before.source or record.source is None:
                return None
            upload_id = record.source.rsplit("-", 1)[-1]
            id_ = f"{template_workflow_id(idle_team.name, record.id)}/{upload_id}"
            handle = idle_api.client.get_workflow_handle(id_)
            return handle if await describe(handle) else None

        return sending, await until(inspection, "inspection")

    (first, first_inspection), (second, second_inspection) = await upload(), await upload()
    await first_inspection.terminate()
    assert (await first).json()["status"] == "processing"
    assert (await idle_team.get(path))["error"] is None
    await second_inspection.terminate()
    assert (await second).json()["status"] == "error"


async def test_readiness_fails_if_temporal_accepts_calls_but_never_responds(
    settings: Settings, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.health._MAX_AGE", 0.0)
    is_silent = False

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = str(settings.temporal_address).split(":")
        responses, calls = await asyncio.open_connection(host, int(port))

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while content := await source.read(65_536):
                if not is_silent:
                    target.write(content)
            target.close()

        await asyncio.gather(copy(reader, calls), copy(responses, writer))

    relaying = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = relaying.sockets[0].getsockname()[1]
    behind = settings.model_copy(update={"temporal_address": f"127.0.0.1:{port}"})
    async with (
        served(behind, await connected(behind, store), store) as api,
        httpx.AsyncClient(trust_env=False, timeout=30, base_url=api.url) as http,
    ):
        assert (await http.get("/readyz")).status_code == 200
        is_silent = True
        response = await http.get("/readyz")
    assert (response.status_code, response.json()["errorCode"]) == (503, "UNAVAILABLE")
    relaying.close()


async def test_readiness_fails_in_time_if_temporal_was_never_reached(
    settings: Settings, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.health._PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        client = await Client.connect(address, lazy=True)
        async with (
            served(settings, client, store) as api,
            httpx.AsyncClient(trust_env=False, timeout=20) as http,
        ):
            response = await http.get(f"{api.url}/readyz")
    assert (response.status_code, response.json()["errorCode"]) == (503, "UNAVAILABLE")
    assert "Temporal" in response.json()["error"]
