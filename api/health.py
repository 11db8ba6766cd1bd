"""Is the process alive, and can it work? For load balancers; no token is needed."""

import asyncio
from datetime import timedelta

from fastapi import APIRouter, Response
from obstore.exceptions import BaseError as ObjectStoreError
from temporalio.service import RPCError

from api.http.errors import store_unavailable, temporal_unavailable
from api.http.responses import respond
from api.resources import Resources, Shared
from reelbatch.models.wire.base import WireModel
from reelbatch.storage import keys
from reelbatch.storage.files import find_file

router = APIRouter(tags=["health"])

_PATIENCE = 3.0  # seconds


class Health(WireModel):
    status: str


@router.get("/healthz", response_model=Health)
async def get_health() -> Response:
    """The process answers."""
    return respond(Health(status="ok"))


@router.get("/readyz", response_model=Health)
async def get_readiness(resources: Shared) -> Response:
    """Temporal and the object store answer too."""
    await asyncio.gather(_check_temporal(resources), _check_store(resources))
    return respond(Health(status="ready"))


async def _check_temporal(resources: Resources) -> None:
    checking = resources.client.service_client.check_health(timeout=timedelta(seconds=_PATIENCE))
    try:
        await asyncio.wait_for(checking, _PATIENCE)  # a client that is yet to connect takes longer
    except (TimeoutError, RPCError) as error:
        raise temporal_unavailable(error) from error


async def _check_store(resources: Resources) -> None:
    try:
        await asyncio.wait_for(find_file(resources.store, keys.SIGNING_KEY), _PATIENCE)
    except (TimeoutError, ObjectStoreError) as error:
        raise store_unavailable(error) from error
