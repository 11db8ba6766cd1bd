"""Jobs that are stored outside Temporal: ended jobs without a batch, and nested jobs.

A nested job has no workflow before its parent starts it. Until then its record leads to the parent.
"""

from collections.abc import Sequence

from obstore.store import ObjectStore

from reelbatch.models.orchestration.jobs import RenderJob
from reelbatch.models.stored.jobs import NestedJobRecord, StoredJob
from reelbatch.storage import keys
from reelbatch.storage.objects import create_models, read_model, write_model


async def save_job(store: ObjectStore, job: StoredJob) -> None:
    await write_model(store, keys.single_job(job.team, job.id), job)


async def read_stored_job(store: ObjectStore, team: str, job_id: str) -> StoredJob | None:
    return await read_model(store, keys.single_job(team, job_id), StoredJob)


async def save_nested_jobs(store: ObjectStore, parents: Sequence[RenderJob]) -> None:
    """Write the records of all jobs nested in `parents`. Existing records stay unchanged."""
    records = {
        keys.nested_job(child.job.team, child.job.id): NestedJobRecord(
            parent_id=parent.id, summary=child.job.summary
        )
        for parent in parents
        for child in parent.children or ()
    }
    await create_models(store, records)


async def read_nested_job(store: ObjectStore, team: str, job_id: str) -> NestedJobRecord | None:
    return await read_model(store, keys.nested_job(team, job_id), NestedJobRecord)
