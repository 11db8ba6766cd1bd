"""Liveness and readiness checks for load balancers; they need no token."""

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


_MAX_AGE = 2.0  # seconds that a result is reused: anybody may ask, and each check writes an object
_PATIENCE = 3.0  # seconds


class Readiness:
    """Checks that Temporal with its database and the object store respond and are prepared."""

    def __init__(self, client: Client, store: ObjectStore) -> None:
        self._client = client
        self._store = store
        self._checking = asyncio.Lock()
        self._checked_at = -_MAX_AGE
        self._problem: ReelbatchError | None = None

    async def check(self) -> None:
        """Raises Unavailable."""
        async with self._checking:
            if monotonic() - self._checked_at > _MAX_AGE:
                self._problem = await self._find_problem()
                self._checked_at = monotonic()
        if self._problem is not None:
            raise self._problem

    async def _find_problem(self) -> ReelbatchError | None:
        try:
            await asyncio.gather(self._check_temporal(), self._check_store())
        except Unprepared as problem:
            return Unavailable(str(problem))
        except ReelbatchError as problem:
            return problem
        return None

    async def _check_temporal(self) -> None:
        try:  # takes longer if the client must connect first
            await asyncio.wait_for(check_namespace(self._client), _PATIENCE)
        except (TimeoutError, RPCError) as error:
            raise temporal_unavailable(error) from error

    async def _check_store(self) -> None:
        try:
            await asyncio.wait_for(check_store(self._store), _PATIENCE)
        except (TimeoutError, ObjectStoreError) as error:
            raise store_unavailable(error) from error


class Health(WireModel):
    status: str


@router.get("/healthz", response_model=Health)
async def get_health() -> Response:
    """Check that the process is alive."""
    return respond(Health(status="ok"))


@router.get("/readyz", response_model=Health)
async def get_readiness(request: Request) -> Response:
    """Check that Temporal and the object store respond too, and are prepared."""
    readiness: Readiness = request.app.state.readiness
    await readiness.check()
    return respond(Health(status="ready"))
