"""Stores large Temporal payloads in the object store, through the SDK's external storage."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from obstore.store import ObjectStore
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    StorageDriver,
    StorageDriverActivityInfo,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
    StorageDriverWorkflowInfo,
)

from reelbatch.models.errors import Unavailable
from reelbatch.storage import keys
from reelbatch.storage.objects import read_bytes

# A parent's history has the input of every child that it starts. A thousand inputs of this size are
# 4 MB, far below the 50 MB that end a workflow, and small jobs stay readable in the Web UI.
PAYLOAD_THRESHOLD = 4 * 1024  # bytes

NO_TEAM = "_"
"""Stands for the team if a payload does not belong to the workflow of a team."""


class ObjectStoreDriver(StorageDriver):
    """Stores payloads by day and digest, so that equal payloads of a day are one object."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def name(self) -> str:
        return "reelbatch"

    async def store(
        self, context: StorageDriverStoreContext, payloads: Sequence[Payload]
    ) -> list[StorageDriverClaim]:
        team = _team_of(context.target)
        return list(await asyncio.gather(*(self._put(team, payload) for payload in payloads)))

    async def retrieve(
        self,
        context: StorageDriverRetrieveContext,  # noqa: ARG002  the claims suffice
        claims: Sequence[StorageDriverClaim],
    ) -> list[Payload]:
        return list(await asyncio.gather(*(self._get(claim) for claim in claims)))

    async def _put(self, team: str, payload: Payload) -> StorageDriverClaim:
        content = payload.SerializeToString(deterministic=True)
        today = datetime.now(UTC).date()
        key = keys.payload(team, today, hashlib.sha256(content).hexdigest())
        await self._store.put_async(key, content)
        return StorageDriverClaim({"key": key})

    async def _get(self, claim: StorageDriverClaim) -> Payload:
        key = claim.claim_data["key"]
        content = await read_bytes(self._store, key)
        if content is None:
            raise Unavailable(f"The object store has no payload {key}.")
        return Payload.FromString(content)


def _team_of(target: StorageDriverWorkflowInfo | StorageDriverActivityInfo | None) -> str:
    """The team in the workflow's id. An activity's payloads are stored for its workflow."""
    return team_of_workflow(target.id if isinstance(target, StorageDriverWorkflowInfo) else None)


def team_of_workflow(workflow_id: str | None) -> str:
    return workflow_id.split("/", 1)[0] if workflow_id and "/" in workflow_id else NO_TEAM
