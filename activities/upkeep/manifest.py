"""Storing ended batches and single jobs, so that they outlast Temporal's retention period."""

from obstore.store import ObjectStore
from temporalio import activity

from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.stored.jobs import StoredJob
from reelbatch.storage import keys
from reelbatch.storage.jobs import save_job
from reelbatch.storage.objects import write_model
from workflows.activity_names import SAVE_JOB, WRITE_MANIFEST


class ManifestActivities:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @activity.defn(name=WRITE_MANIFEST)
    async def write_manifest(self, snapshot: BatchSnapshot) -> None:
        await write_model(self._store, keys.batch_manifest(snapshot.team, snapshot.id), snapshot)

    @activity.defn(name=SAVE_JOB)
    async def save_job(self, job: StoredJob) -> None:
        await save_job(self._store, job)
