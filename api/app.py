"""The composition root of the API."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from obstore.store import ObjectStore
from temporalio.client import Client

from api import batches, fonts, health, jobs, outputs, templates, templates_v3, uploads
from api.authentication import TokenCache
from api.batch_reading import BatchReader
from api.errors import add_error_handlers
from api.request_log import RequestLog
from api.resources import Resources
from engines.registry import load_engines
from settings import Settings
from storage.signing import open_signer


def create_app(settings: Settings, client: Client, store: ObjectStore) -> FastAPI:
    """The API as an ASGI application. Its lifespan has to run: it opens the signing key.

    Raises EngineUnavailable.
    """

    engines = load_engines(settings.engines)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        app.state.resources = Resources(
            settings=settings,
            client=client,
            store=store,
            engines=engines,
            signer=await open_signer(store, settings.signing_key),
            tokens=TokenCache(store),
            batches=BatchReader(client, store),
        )
        yield

    app = FastAPI(
        title="Reelbatch",
        description="A self-hosted batch render service on Temporal.",
        lifespan=lifespan,
        redirect_slashes=False,  # a redirect would lose the token or the body
    )
    add_error_handlers(app)
    app.add_middleware(RequestLog)
    app.include_router(_v2(), prefix="/api/v2")
    app.include_router(templates_v3.router, prefix="/api/v3")
    for public in (health.router, outputs.router, uploads.router):
        app.include_router(public)
    return app


def _v2() -> APIRouter:
    router = APIRouter()
    for part in (batches.router, jobs.router, templates.router, fonts.router):
        router.include_router(part)
    return router
