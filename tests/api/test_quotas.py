"""A team's quotas: stored bytes, and jobs that have not ended."""

from collections.abc import AsyncGenerator

import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client

from reelbatch.settings import Settings
from tests.api.documents import a_card, a_film
from tests.api.running_api import RunningApi, Team, a_still, a_video, served, until

MAX_BYTES, MAX_JOBS = 20_000, 3


@pytest_asyncio.fixture
async def bounded(
    api: RunningApi, settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[Team]:
    """A team on an API with quotas, which shares the tests' worker."""
    del api
    quotas = {"max_team_bytes": MAX_BYTES, "max_pending_jobs": MAX_JOBS}
    async with (
        served(settings.model_copy(update=quotas), client, store) as strict,
        strict.new_team() as team,
    ):
        yield team
        await team.cancel_everything()


async def upload_link(team: Team) -> str:
    created = await team.http.post("/templates", json={"type": "lottie", "displayName": "x"})
    assert created.status_code == 201, created.text
    return created.json()["uploadUrl"]


async def test_a_team_stores_no_more_than_its_quota(bounded: Team) -> None:
    link = await upload_link(bounded)
    large = await bounded.public.put(link, content=b"x" * (MAX_BYTES + 1))
    assert (large.status_code, large.json()["errorCode"]) == (413, "BODY_TOO_LARGE")
    assert "REELBATCH_MAX_TEAM_BYTES" in large.json()["error"]
    await bounded.public.put(link, content=b"x" * (MAX_BYTES - 5000))
    again = await bounded.public.put(link, content=b"x" * 5000)
    assert (again.status_code, again.json()["errorCode"]) == (413, "BODY_TOO_LARGE")


async def test_a_team_without_storage_left_cannot_submit_anything(
    bounded: Team, store: ObjectStore
) -> None:
    link = await upload_link(bounded)
    await store.put_async(f"teams/{bounded.name}/outputs/x.mp4", b"x" * MAX_BYTES)
    for refused in (
        await bounded.http.post("/batches", content=b"{}"),
        await bounded.http.post("/jobs", json={}),
        await bounded.http.post("/fonts", files={"font": ("a.ttf", b"x")}),
        await bounded.public.put(link, content=a_card()),
    ):
        assert (refused.status_code, refused.json()["errorCode"]) == (413, "QUOTA_EXCEEDED")


async def test_a_team_waits_while_it_has_too_many_jobs(bounded: Team) -> None:
    film = await bounded.upload(a_film())
    created = await bounded.create_batch(*[a_video(film)] * MAX_JOBS)

    async def refused() -> bool | None:
        response = await bounded.http.post("/jobs", json=a_still(film))
        if response.status_code == 201:  # the list of workflows lags a moment behind
            await bounded.http.patch(f"/jobs/{response.json()['id']}/cancel")
            return None
        assert (response.status_code, response.json()["errorCode"]) == (429, "TOO_MANY_REQUESTS")
        assert int(response.headers["Retry-After"]) > 0
        return True

    await until(refused, "refusal")
    await bounded.http.post(f"/batches/{created['batchId']}/cancel")

    async def accepted() -> bool | None:
        response = await bounded.http.post("/jobs", json=a_still(film))
        return response.status_code == 201 or None

    await until(accepted, "acceptance")


async def test_a_repeated_request_gets_its_response_whatever_the_quotas(bounded: Team) -> None:
    film = await bounded.upload(a_film())
    first = await bounded.create_batch(*[a_video(film)] * MAX_JOBS, key="k")

    async def listed() -> bool | None:
        refused = await bounded.http.post("/batches", json={"jobs": [a_still(film)] * MAX_JOBS})
        return refused.status_code == 429 or None

    await until(listed, "refusal")
    again = await bounded.create_batch(*[a_video(film)] * MAX_JOBS, key="k")
    assert again["batchId"] == first["batchId"]
