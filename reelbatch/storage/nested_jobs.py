"""What leads from a nested job to its parent: it has no workflow before its parent starts it."""

import asyncio
from collections.abc import Sequence

from obstore.store import ObjectStore

from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.stored.jobs import NestedJobRecord
from reelbatch.storage import keys
from reelbatch.storage.objects import create_model, read_model

_PARALLEL_WRITES = 32


async def read_nested_job(store: ObjectStore, team: str, job_id: str) -> NestedJobRecord | None:
    return await read_model(store, keys.nested_job(team, job_id), NestedJobRecord)


async def save_nested_jobs(store: ObjectStore, parents: Sequence[RenderJob]) -> None:
    """Write the records of all jobs that are nested in `parents`; doing it again changes none."""
    gate = asyncio.Semaphore(_PARALLEL_WRITES)

    async def save(parent: RenderJob, child: RenderJob) -> None:
        record = NestedJobRecord(parent_id=parent.id, summary=child.summary)
        async with gate:
            await create_model(store, keys.nested_job(child.team, child.id), record)

    await asyncio.gather(
        *(save(parent, child.job) for parent in parents for child in parent.children or ())
    )
