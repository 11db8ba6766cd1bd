"""A client of the shared API, on a network that can break."""

from collections.abc import AsyncGenerator

import httpx
import pytest
import pytest_asyncio

from reelbatch.client import AsyncReelbatch
from tests.api.client.faults import BrokenNetwork
from tests.api.running_api import RunningApi, Team


def token_of(team: Team) -> str:
    return team.http.headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def network() -> BrokenNetwork:
    return BrokenNetwork()


@pytest_asyncio.fixture
async def reelbatch(
    api: RunningApi, team: Team, network: BrokenNetwork
) -> AsyncGenerator[AsyncReelbatch]:
    async with httpx.AsyncClient(transport=network) as http:
        yield AsyncReelbatch(api.url, token_of(team), http_client=http)
