"""A served API, and HTTP clients for it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from obstore.store import ObjectStore
from temporalio.client import Client
from temporalio.common import MetricMeter

from api.app import create_app
from api.server import ApiServer
from reelbatch.models.wire.tokens import Scope
from reelbatch.settings import Settings
from reelbatch.storage.tokens import create_token
from tests.api.documents import a_card

PATIENCE = 60.0  # seconds until a test fails because its condition is not met

T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Poll `look` until it returns something; `what` describes it in the error."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (seen := await look()) is not None:
            return seen
        await asyncio.sleep(0.05)
    raise AssertionError(f"no {what} within {PATIENCE:.0f} seconds")


class Team:
    """A team with a token, and an HTTP client that uses it."""

    def __init__(self, name: str, http: httpx.AsyncClient, public: httpx.AsyncClient) -> None:
        self.name = name
        self.http = http
        self.public = public  # sends no token

    async def upload(self, content: bytes, template_type: str = "lottie") -> str:
        """A new template with this file, inspected. Returns its id."""
        body = {"type": template_type, "displayName": "card"}
        created = await self.http.post("/templates", json=body)
        assert created.status_code == 201, created.text
        upload = await self.public.put(created.json()["uploadInfo"]["url"], content=content)
        assert upload.status_code == 200, upload.text

        async def look() -> str | None:
            template = (await self.http.get(f"/templates/{created.json()['id']}")).json()
            assert template["status"] != "error", template["error"]
            return template["id"] if template["status"] == "uploaded" else None

        return await until(look, "inspected template")

    async def upload_card(self) -> str:
        return await self.upload(a_card())

    async def get(self, path: str) -> Any:
        response = await self.http.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def create_batch(self, *jobs: Any, status: int = 201, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        response = await self.http.post("/batches", json={"jobs": jobs}, headers=headers)
        assert response.status_code == status, response.text
        return response.json()

    async def end_of_batch(self, batch_id: str) -> Any:
        async def look() -> Any:
            batch = await self.get(f"/batches/{batch_id}")
            return None if batch["stats"]["pending"] else batch

        return await until(look, "end of the batch")

    async def batch_ids(self, least: int = 1) -> list[str]:
        """The ids in the list of batches, once it has this many: it lags a moment behind."""

        async def look() -> list[str] | None:
            batches = (await self.get("/batches"))["batches"]
            return [batch["batchId"] for batch in batches] if len(batches) >= least else None

        return await until(look, f"{least} batches in the list")

    async def cancel_everything(self) -> None:
        """Cancel all jobs, so that a failed test does not keep the worker busy."""
        for batch in (await self.get("/batches"))["batches"]:
            if batch["status"] == "processing":
                await self.http.post(f"/batches/{batch['batchId']}/cancel")
        for job in await self.get("/jobs?exclude_states=finished,error,manually_cancelled"):
            await self.http.patch(f"/jobs/{job['id']}/cancel")

    async def end_of_job(self, job_id: str) -> Any:
        async def look() -> Any:
            job = await self.get(f"/jobs/{job_id}")
            return job if job["status"] in ("finished", "error", "manually_cancelled") else None

        return await until(look, "end of the job")


def _http(base_url: str, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=base_url, headers=headers, timeout=PATIENCE, trust_env=False)


class RunningApi:
    def __init__(self, url: str, settings: Settings, client: Client, store: ObjectStore) -> None:
        self.url = url
        self.settings = settings
        self.client = client
        self.store = store

    @asynccontextmanager
    async def new_team(self, name: str = "") -> AsyncGenerator[Team]:
        """A new team, which sees nothing of the others."""
        name = name or f"team-{uuid4().hex[:8]}"
        token, _ = await create_token(self.store, name, "test", Scope)
        async with _http(self.url) as public, self.client_of(token) as http:
            yield Team(name, http, public)

    def client_of(self, token: str) -> httpx.AsyncClient:
        return _http(f"{self.url}/api/v2", {"Authorization": f"Bearer {token}"})


@asynccontextmanager
async def served(
    settings: Settings,
    client: Client,
    store: ObjectStore,
    meter: MetricMeter = MetricMeter.noop,
) -> AsyncGenerator[RunningApi]:
    """The API on a free port while the context lasts."""
    app = create_app(settings, client, store, meter)
    server = ApiServer(app, settings.model_copy(update={"api_port": 0}))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        if serving.done():
            await serving
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield RunningApi(f"http://127.0.0.1:{port}", settings, client, store)
    finally:
        server.should_exit = True
        await serving


def a_still(template_id: str, title: str = "A", **fields: Any) -> dict[str, Any]:
    """A job that renders in a moment."""
    return {
        "template": {"id": template_id, "composition": "main"},
        "assets": [{"type": "text", "layerName": "title", "value": title}],
        "settings": {"type": "image", "frames": 0},
        **fields,
    }


def a_video(template_id: str, **settings: Any) -> dict[str, Any]:
    return {
        "template": {"id": template_id},
        "settings": {"type": "video", "codec": "video_h264_vbr_1mbps", **settings},
    }
