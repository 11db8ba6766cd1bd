"""A real Temporal server, a real worker and the API over HTTP, which all tests share."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from pydantic import SecretStr
from temporalio.client import Client

import worker
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from reelbatch.storage.secrets import new_secrets_key
from tests.api.running_api import RunningApi, Team, served
from tests.api.temporal import connected, temporal_server


@pytest_asyncio.fixture(scope="session")
async def settings(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Settings]:
    home = tmp_path_factory.mktemp("api")
    async with temporal_server(home) as address:
        yield Settings(
            temporal_address=address,
            object_store=str(home / "objects"),
            scratch=home / "scratch",
            render_processes=1,
            drain_timeout=0,
            allow_private_networks=True,  # webhook receivers are on loopback
            secrets_key=SecretStr(new_secrets_key()),
            max_body_bytes=4 * 1024**2,
            max_job_bytes=64 * 1024,
            max_template_bytes=256 * 1024,
            max_font_bytes=512 * 1024,
            max_asset_bytes=2 * 1024**2,
            wrong_tokens_per_minute=1_000_000,  # tests of all endpoints send many
        )


@pytest.fixture(scope="session")
def store(settings: Settings) -> ObjectStore:
    return open_store(settings.object_store)


@pytest_asyncio.fixture(scope="session")
async def client(settings: Settings, store: ObjectStore) -> Client:
    return await connected(settings, store)


@pytest_asyncio.fixture(scope="session")
async def api_without_worker(
    settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[RunningApi]:
    async with served(settings, client, store) as api:
        yield api


@pytest_asyncio.fixture(scope="session")
async def api(settings: Settings, api_without_worker: RunningApi) -> AsyncGenerator[RunningApi]:
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(settings, stop))
    yield api_without_worker
    stop.set()
    await running


@pytest_asyncio.fixture
async def team(api: RunningApi) -> AsyncGenerator[Team]:
    async with api.new_team() as new:
        yield new
        await new.cancel_everything()


@pytest_asyncio.fixture
async def other_team(api: RunningApi) -> AsyncGenerator[Team]:
    async with api.new_team() as new:
        yield new


@pytest_asyncio.fixture(scope="module")
async def card_team(api: RunningApi) -> AsyncGenerator[Team]:
    """A team that the tests of a module share if they only need the template `card`."""
    async with api.new_team() as new:
        yield new


@pytest_asyncio.fixture(scope="module")
async def card(card_team: Team) -> str:
    return await card_team.upload_card()
