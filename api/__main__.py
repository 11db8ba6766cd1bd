"""The API as a process: `python -m api`."""

import asyncio
import signal
from time import monotonic

from obstore.store import ObjectStore
from temporalio.client import Client
from temporalio.runtime import Runtime

from api.app import create_app
from api.metrics import HISTOGRAM_BUCKETS
from api.server import ApiServer
from reelbatch.connection import connect
from reelbatch.preparation import check_all
from reelbatch.process import run_process
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from reelbatch.telemetry import tracing
from reelbatch.telemetry.prometheus import meter_of, metrics_runtime

_TEMPORAL_PATIENCE = 10.0  # seconds
_RETRY_INTERVAL = 0.5


async def _serve(settings: Settings) -> None:
    store = open_store(settings.object_store)
    runtime = metrics_runtime(settings.api_metrics_address, HISTOGRAM_BUCKETS)
    client = await _prepared(settings, store, runtime)
    app = create_app(settings, client, store, meter_of(runtime))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _already_handled)
    await ApiServer(app, settings).serve()


def _already_handled(*_: object) -> None:
    """uvicorn handles signals while it serves, and raises them again after it has stopped."""


async def _prepared(settings: Settings, store: ObjectStore, runtime: Runtime | None) -> Client:
    """Raises RuntimeError if Temporal or the store is not available and prepared in time."""
    deadline = monotonic() + _TEMPORAL_PATIENCE
    while True:
        try:
            client = await connect(settings, store, runtime, tracing.interceptors())
            await check_all(client, store)
        except RuntimeError:
            if monotonic() > deadline:
                raise
        else:
            return client
        await asyncio.sleep(_RETRY_INTERVAL)


if __name__ == "__main__":
    run_process("api", _serve)
