"""Records of ended jobs that belong to no batch; they outlive Temporal's workflows."""

from obstore.store import ObjectStore

from reelbatch.models.stored.jobs import KeptJob
from reelbatch.storage import keys
from reelbatch.storage.objects import read_model, write_model


async def keep_job(store: ObjectStore, job: KeptJob) -> None:
    await write_model(store, keys.single_job(job.team, job.id), job)


async def read_kept_job(store: ObjectStore, team: str, job_id: str) -> KeptJob | None:
    return await read_model(store, keys.single_job(team, job_id), KeptJob)
