"""Is the process alive, and can it work? For load balancers; no token is needed."""

import asyncio
from time import monotonic

from fastapi import APIRouter, Request, Response
from obstore.exceptions import BaseError as ObjectStoreError
from obstore.store import ObjectStore
from temporalio.client import Client
from temporalio.service import RPCError

from api.http.errors import store_unavailable, temporal_unavailable
from api.http.responses import respond
from reelbatch.models.errors import ReelbatchError, Unavailable
from reelbatch.models.wire.base import WireModel
from reelbatch.preparation import Unprepared, check_namespace, check_store

router = APIRouter(tags=["health"])


_SHARED = 2.0  # seconds: anybody may ask, and each look writes an object
_PATIENCE = 3.0  # seconds


class Readiness:
    """Whether Temporal with its database and the object store answer, and are prepared."""

    def __init__(self, client: Client, store: ObjectStore) -> None:
        self._client = client
        self._store = store
        self._looking = asyncio.Lock()
        self._looked_at = -_SHARED
        self._problem: ReelbatchError | None = None

    async def check(self) -> None:
        """Raises Unavailable."""
        async with self._looking:
            if monotonic() - self._looked_at > _SHARED:
                self._problem = await self._look()
                self._looked_at = monotonic()
        if self._problem is not None:
            raise self._problem

    async def _look(self) -> ReelbatchError | None:
        try:
            await asyncio.gather(self._look_at_temporal(), self._look_at_store())
        except Unprepared as problem:
            return Unavailable(str(problem))
        except ReelbatchError as problem:
            return problem
        return None

    async def _look_at_temporal(self) -> None:
        try:  # a client that is yet to connect takes longer
            await asyncio.wait_for(check_namespace(self._client), _PATIENCE)
        except (TimeoutError, RPCError) as error:
            raise temporal_unavailable(error) from error

    async def _look_at_store(self) -> None:
        try:
            await asyncio.wait_for(check_store(self._store), _PATIENCE)
        except (TimeoutError, ObjectStoreError) as error:
            raise store_unavailable(error) from error


class Health(WireModel):
    status: str


@router.get("/healthz", response_model=Health)
async def get_health() -> Response:
    """The process answers."""
    return respond(Health(status="ok"))


@router.get("/readyz", response_model=Health)
async def get_readiness(request: Request) -> Response:
    """Temporal and the object store answer too, and are prepared."""
    readiness: Readiness = request.app.state.readiness
    await readiness.check()
    return respond(Health(status="ready"))
