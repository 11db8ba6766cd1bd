"""Two versions of workers at the same time, on a separate server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

import worker
from reelbatch.models.orchestration.names import batch_workflow_id, job_workflow_id
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from tests.api.documents import a_film
from tests.api.running_api import a_still, a_video, served, until
from tests.api.temporal import connected, temporal_server


@asynccontextmanager
async def worker_of_version(settings: Settings, build_id: str) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    versioned = settings.model_copy(update={"worker_build_id": build_id})
    running = asyncio.create_task(worker.run(versioned, stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def make_current(client: Client, build_id: str) -> None:
    """Make the version current, as soon as the server knows it."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name="reelbatch",
        build_id=build_id,
    )

    async def attempt() -> bool | None:
        try:
            await client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
                raise
            return None
        return True

    await until(attempt, f"version {build_id} to make current")


async def version_of(client: Client, workflow_id: str) -> str:
    description = await client.get_workflow_handle(workflow_id).describe()
    info = description.raw_description.workflow_execution_info
    return info.versioning_info.deployment_version.build_id


async def test_a_batch_ends_on_the_version_on_which_it_began(tmp_path: Path) -> None:
    async with temporal_server(tmp_path) as address:
        settings = Settings(
            temporal_address=address,
            object_store=str(tmp_path / "objects"),
            scratch=tmp_path / "scratch",
            render_processes=1,
            batch_concurrency=1,
            drain_timeout=0,
        )
        store = open_store(settings.object_store)
        client = await connected(settings, store)
        async with (
            served(settings, client, store) as api,
            api.new_team() as team,
            worker_of_version(settings, "1"),
        ):
            await make_current(client, "1")
            film, card = await team.upload(a_film()), await team.upload_card()
            old = await team.create_batch(a_video(film), a_still(card), a_still(card))

            async def rendering() -> Any:
                return await team.get("/jobs?states=render:dorender") or None

            await until(rendering, "render")
            async with worker_of_version(settings, "2"):
                await make_current(client, "2")
                new = await team.create_batch(a_still(card))
                assert (await team.end_of_batch(new["batchId"]))["stats"]["finished"] == 1
                await team.http.patch(f"/jobs/{old['jobs'][0]['id']}/cancel")
                ended = await team.end_of_batch(old["batchId"])

        assert ended["stats"] == ended["stats"] | {"finished": 2, "cancelled": 1}
        for created, version in ((old, "1"), (new, "2")):
            workflow_ids = [
                batch_workflow_id(team.name, created["batchId"]),
                *(job_workflow_id(team.name, job["id"]) for job in created["jobs"]),
            ]
            for workflow_id in workflow_ids:
                assert await version_of(client, workflow_id) == version, workflow_id
