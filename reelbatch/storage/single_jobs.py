"""Jobs that belong to no batch, as they are stored outside of Temporal."""

from obstore.store import ObjectStore

from reelbatch.models.stored.jobs import KeptJob
from reelbatch.storage import keys
from reelbatch.storage.objects import read_model, write_model


async def save_job(store: ObjectStore, job: KeptJob) -> None:
    await write_model(store, keys.single_job(job.team, job.id), job)


async def read_stored_job(store: ObjectStore, team: str, job_id: str) -> KeptJob | None:
    return await read_model(store, keys.single_job(team, job_id), KeptJob)
