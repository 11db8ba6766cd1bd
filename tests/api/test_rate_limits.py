"""The rate limit for tokens."""

from collections.abc import AsyncGenerator

import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client

from api.authentication import RateLimits
from reelbatch.settings import Settings
from tests.api.running_api import RunningApi, Team, served


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest_asyncio.fixture(scope="module")
async def strict_api(
    settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[RunningApi]:
    strict = settings.model_copy(update={"rate_limit_per_minute": 3})
    async with served(strict, client, store) as api:
        yield api


async def test_a_request_above_the_limit_is_a_429_with_the_time_to_wait(
    strict_api: RunningApi,
) -> None:
    async with strict_api.new_team() as team:
        responses = [await team.http.get("/fonts") for _ in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert {response.headers["ratelimit-policy"] for response in responses} == {'"token";q=3;w=60'}
    remaining = [response.headers["ratelimit"].split(";")[1] for response in responses]
    assert remaining == ["r=2", "r=1", "r=0", "r=0"]
    refused = responses[-1]
    assert refused.json()["errorCode"] == "TOO_MANY_REQUESTS"
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert f"in {refused.headers['retry-after']} seconds" in refused.json()["error"]
    assert refused.headers["x-request-id"]
    assert "retry-after" not in responses[0].headers


async def test_tokens_have_separate_limits(strict_api: RunningApi) -> None:
    async with strict_api.new_team() as busy, strict_api.new_team() as idle:
        for _ in range(4):
            await busy.http.get("/fonts")
        assert (await idle.http.get("/fonts")).headers["ratelimit"].startswith('"token";r=2')


async def test_requests_that_need_no_token_are_not_counted(strict_api: RunningApi) -> None:
    async with strict_api.new_team() as team:
        for _ in range(5):
            response = await team.public.get(f"{strict_api.url}/healthz")
            assert response.status_code == 200
            assert "ratelimit" not in response.headers


async def test_there_is_no_limit_by_default(team: Team) -> None:
    assert "ratelimit" not in (await team.http.get("/fonts")).headers


def test_a_bucket_fills_up_again_while_time_passes() -> None:
    clock = Clock()
    limits = RateLimits(6, clock)  # one in ten seconds
    quotas = [limits.take("t") for _ in range(7)]
    assert [quota.remaining for quota in quotas] == [5, 4, 3, 2, 1, 0, 0]
    assert [quota.retry_after for quota in quotas] == [0, 0, 0, 0, 0, 0, 10]
    assert (quotas[0].reset, quotas[-1].reset) == (10, 60)
    clock.now += 9
    assert limits.take("t").retry_after == 1
    clock.now += 1
    assert limits.take("t").retry_after == 0
    clock.now += 3600
    assert limits.take("t").remaining == 5
