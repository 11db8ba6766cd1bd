"""The manifest of a batch: its last state as an object, for when Temporal has forgotten it."""

from obstore.store import ObjectStore
from temporalio import activity

from models.batches import BatchSnapshot
from storage import keys
from storage.objects import write_model
from workflows.activity_names import WRITE_MANIFEST


class ManifestActivities:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @activity.defn(name=WRITE_MANIFEST)
    async def write_manifest(self, snapshot: BatchSnapshot) -> None:
        await write_model(self._store, keys.batch_manifest(snapshot.team, snapshot.id), snapshot)
