"""The comparison for orchestration: Temporal without the service, on the same server.

`python -m bench.bare SETTINGS` is a worker for the workflows of `bench.bare_workflows`.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

import reelbatch.cli.stack.bound_to_parent
from bench.bare_workflows import TASK_QUEUE, BareStartWorkflow, BareWorkflow, nothing
from bench.service import Service
from reelbatch.connection import connect
from reelbatch.models.orchestration.names import batch_workflow_id
from reelbatch.process import end_process
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from workflows.batch import BatchWorkflow

_STARTS = 50  # concurrent; more are not faster
_NEEDED = {"temporal_address", "temporal_environment", "object_store"}


class BareClient:
    """A Temporal client for programs without an event loop."""

    def __init__(self, client: Client, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def run_workflows(self, number: int) -> None:
        """Start `number` workflows with one activity each, and wait until all have ended."""
        self._runner.run(self._run_workflows(number))

    def start_with(self, body: bytes) -> None:
        """Parse the JSON and start one workflow with it."""
        self._runner.run(
            self._client.start_workflow(
                BareStartWorkflow.run,
                json.loads(body),
                id=f"bench/{uuid4().hex}",
                task_queue=TASK_QUEUE,
            )
        )

    def query(self, team: str, batch_id: str) -> None:
        self._runner.run(self._batch(team, batch_id).query(BatchWorkflow.stats))

    def describe(self, team: str, batch_id: str) -> None:
        self._runner.run(self._batch(team, batch_id).describe())

    def _batch(self, team: str, batch_id: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(batch_workflow_id(team, batch_id))

    async def _run_workflows(self, number: int) -> None:
        gate = asyncio.Semaphore(_STARTS)
        prefix = uuid4().hex

        async def run_one(index: int) -> None:
            async with gate:
                handle = await self._client.start_workflow(
                    BareWorkflow.run, index, id=f"bench/{prefix}/{index}", task_queue=TASK_QUEUE
                )
            await handle.result()

        await asyncio.gather(*map(run_one, range(number)))


@contextmanager
def bare_temporal(service: Service) -> Generator[BareClient]:
    """A client, with a second worker next to the service's own."""
    settings = service.settings
    command = (
        *(sys.executable, "-IS", reelbatch.cli.stack.bound_to_parent.__file__, str(os.getpid())),
        *(sys.executable, "-m", "bench.bare", settings.model_dump_json(include=_NEEDED)),
    )
    # Linux shares cores among sessions, so this worker gets its own, like the service's worker.
    with (
        subprocess.Popen(command, start_new_session=True) as worker,
        asyncio.Runner() as runner,
    ):
        try:
            store = open_store(settings.object_store)
            yield BareClient(runner.run(connect(settings, store)), runner)
        finally:
            worker.terminate()


async def _serve(settings: Settings) -> None:
    client = await connect(settings, open_store(settings.object_store))
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[BareWorkflow, BareStartWorkflow],
        activities=[nothing],
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(_serve(Settings.model_validate_json(sys.argv[1])))
    end_process(0)
