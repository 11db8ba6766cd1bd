"""Following the progress of a batch: long polls and server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from obstore.store import ObjectStore
from temporalio.client import Client

from api.snapshots import BatchReader
from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.wire.batches import BatchJob
from reelbatch.settings import Settings
from reelbatch.storage.tokens import create_token
from tests.api.documents import a_film
from tests.api.running_api import Team, a_still, a_video, served, until
from tests.api.temporal import IDLE_NAMESPACE, connected


@dataclass
class Event:
    name: str
    content: Any
    id: int | None


async def events(team: Team, batch_id: str, after: int | None = None) -> AsyncIterator[Event]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with team.http.stream("GET", f"/batches/{batch_id}/events", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if "data" in fields and not line:
                event_id = int(fields["id"]) if "id" in fields else None
                yield Event(fields["event"], json.loads(fields["data"]), event_id)
            fields = {**fields, name: value} if line else {}


async def test_waiting_for_an_ended_batch_returns_it_at_once(team: Team) -> None:
    batch_id = (await team.create_batch(a_still(await team.upload_card())))["batchId"]
    ended = await team.end_of_batch(batch_id)
    assert await team.get(f"/batches/{batch_id}?wait=60") == ended


async def test_a_wait_ends_when_more_jobs_have_ended(team: Team) -> None:
    card, film = await team.upload_card(), await team.upload(a_film())
    body = {"jobs": [a_still(card), a_video(film)], "concurrency": 1}
    batch_id = (await team.http.post("/batches", json=body)).json()["batchId"]
    first = await team.get(f"/batches/{batch_id}?wait=60")
    assert (first["stats"]["finished"], first["stats"]["pending"]) == (1, 1)

    waiting = [asyncio.create_task(team.get(f"/batches/{batch_id}?wait=60")) for _ in range(3)]
    await team.http.post(f"/batches/{batch_id}/cancel")
    for response in await asyncio.gather(*waiting):
        assert response["stats"] == {
            "total": 2, "finished": 1, "error": 1, "pending": 0, "cancelled": 1
        }  # fmt: skip


async def test_a_wait_that_times_out_returns_the_current_state(team: Team) -> None:
    batch_id = (await team.create_batch(a_video(await team.upload(a_film()))))["batchId"]
    assert (await team.get(f"/batches/{batch_id}?wait=1"))["stats"]["pending"] == 1


@pytest.mark.parametrize("wait", ["61", "-1", "1.5", "x", ""])
async def test_invalid_waits_are_refused(team: Team, wait: str) -> None:
    response = await team.http.get(f"/batches/01J00000000000000000000000?wait={wait}")
    assert (response.status_code, response.json()["errorCode"]) == (400, "VALIDATION_ERROR")


async def test_events_report_every_job_and_the_end(team: Team) -> None:
    card = await team.upload_card()
    broken = a_still(card) | {
        "assets": [{"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}]
    }
    body = {"jobs": [a_still(card), broken, a_still(card)], "name": "Spring"}
    batch_id = (await team.http.post("/batches", json=body)).json()["batchId"]

    seen = [event async for event in events(team, batch_id)]

    batch = await team.get(f"/batches/{batch_id}")
    assert seen[0].name == "stats"
    assert seen[-1].name == "end"
    assert seen[-1].content == {
        "batchId": batch_id,
        "name": "Spring",
        "status": "finished",
        "createdAt": batch["createdAt"],
        "stats": batch["stats"],
    }
    assert [event.content for event in seen if event.name == "stats"][-1] == batch["stats"]
    jobs = {event.content["index"]: event.content for event in seen if event.name == "job"}
    assert [jobs[index] for index in range(3)] == batch["jobs"]
    pending = [event.content["pending"] for event in seen if event.name == "stats"]
    assert pending == sorted(set(pending), reverse=True)


async def test_a_reconnecting_client_gets_the_events_that_it_missed(team: Team) -> None:
    card = await team.upload_card()
    batch_id = (await team.create_batch(*[a_still(card)] * 4))["batchId"]
    await team.end_of_batch(batch_id)
    jobs = [event async for event in events(team, batch_id) if event.name == "job"]
    assert [event.content["status"] for event in jobs] == ["finished"] * 4
    third = jobs[2].id

    again = [event async for event in events(team, batch_id, after=third)]

    expected = [event for event in jobs if event.id and third and event.id >= third]
    assert [event for event in again if event.name == "job"] == expected
    assert again[-1].name == "end"


async def test_events_of_an_unknown_batch_are_a_404(team: Team, other_team: Team) -> None:
    batch_id = (await team.create_batch(a_still(await team.upload_card())))["batchId"]
    response = await other_team.http.get(f"/batches/{batch_id}/events")
    assert (response.status_code, response.json()["errorCode"]) == (404, "BATCH_NOT_FOUND")


async def test_followers_of_a_batch_share_reads_and_serialised_jobs(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = await team.upload(a_film())
    batch_id = (await team.create_batch(*[a_video(film)] * 3))["batchId"]
    reads: list[str] = []
    texts: list[str] = []
    read, write = BatchReader.read, BatchJob.model_dump_json

    async def counted_read(reader: BatchReader, team_name: str, read_id: str) -> BatchSnapshot:
        reads.append(read_id)
        return await read(reader, team_name, read_id)

    def counted_write(job: BatchJob, **options: Any) -> str:
        texts.append(job.id)
        return write(job, **options)

    monkeypatch.setattr(BatchReader, "read", counted_read)
    monkeypatch.setattr(BatchJob, "model_dump_json", counted_write)
    listening = [events(team, batch_id) for _ in range(20)]
    await asyncio.gather(*map(anext, listening))
    await team.http.post(f"/batches/{batch_id}/cancel")
    first, *others = await asyncio.gather(*map(_collect, listening))
    assert [event.name for event in first][-1] == "end"
    assert all(other == first for other in others)
    assert len(reads) < 10  # including those of the cancellation
    assert len(texts) < 10  # as queued, rendering and cancelled


async def test_a_token_can_follow_a_limited_number_of_batches(
    settings: Settings, client: Client, store: ObjectStore, team: Team
) -> None:
    batch_id = (await team.create_batch(a_video(await team.upload(a_film()))))["batchId"]
    bounded = settings.model_copy(update={"max_followers": 2})
    token, _ = await create_token(store, team.name, "test")
    other_token, _ = await create_token(store, team.name, "test")
    async with (
        served(bounded, client, store) as strict,
        strict.client_of(token) as http,
        strict.client_of(other_token) as other,
    ):
        path = f"/batches/{batch_id}/events"
        async with http.stream("GET", path) as first:
            lines = first.aiter_lines()
            await anext(lines)
            async with http.stream("GET", path) as second:
                more_lines = second.aiter_lines()
                await anext(more_lines)
                for refused in (
                    await http.get(path),
                    await http.get(f"/batches/{batch_id}?wait=60"),
                ):
                    assert refused.status_code == 429
                    assert refused.headers["Retry-After"]
                assert (await http.get(f"/batches/{batch_id}")).status_code == 200
                assert (await other.get(f"/batches/{batch_id}?wait=1")).status_code == 200

        async def accepted_again() -> bool | None:
            response = await http.get(f"/batches/{batch_id}?wait=1")
            return response.status_code == 200 or None

        await until(accepted_again, "room for another")
    await team.cancel_everything()


async def test_a_stopping_server_ends_its_streams(
    settings: Settings, store: ObjectStore, card_team: Team, card: str
) -> None:
    idle = settings.model_copy(update={"temporal_namespace": IDLE_NAMESPACE})
    token, _ = await create_token(store, card_team.name, "test")
    async with AsyncExitStack() as after_the_server:
        async with served(idle, await connected(idle, store), store) as api:
            http = await after_the_server.enter_async_context(api.client_of(token))
            team = Team(card_team.name, http, card_team.public)
            batch_id = (await team.create_batch(a_still(card)))["batchId"]
            listening = events(team, batch_id)
            assert (await anext(listening)).name == "stats"
            rest = asyncio.create_task(_collect(listening))
        assert await rest == []


async def _collect(listening: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in listening]
