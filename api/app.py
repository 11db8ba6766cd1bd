"""The composition root of the API."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from obstore.store import ObjectStore
from temporalio.client import Client

from api import (
    batch_archive,
    batch_events,
    batch_results,
    batch_retry,
    batches,
    fonts,
    health,
    job_logs,
    jobs,
    joins,
    outputs,
    secrets,
    templates,
    templates_v3,
    uploads,
    webhooks,
)
from api.authentication import TokenCache
from api.batch_reading import BatchReader
from api.batch_watch import BatchWatches
from api.errors import add_error_handlers
from api.rate_limits import RateLimitHeaders, RateLimits
from api.reference import TAGS, complete_reference
from api.request_log import RequestLog
from api.resources import Resources
from engines.registry import load_engines
from settings import Settings
from storage.secrets import open_vault
from storage.signing import open_signer


def create_app(settings: Settings, client: Client, store: ObjectStore) -> FastAPI:
    """The API as an ASGI application. Its lifespan has to run: it opens the signing key.

    Raises EngineUnavailable, or ValueError if the secrets' key cannot be used.
    """

    engines = load_engines(settings.engines)
    per_minute = settings.rate_limit_per_minute
    vault = open_vault(store, settings.secrets_key)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        reader = BatchReader(client, store)
        app.state.resources = Resources(
            settings=settings,
            client=client,
            store=store,
            engines=engines,
            signer=await open_signer(store, settings.signing_key),
            secrets=vault,
            tokens=TokenCache(store),
            batches=reader,
            watches=BatchWatches(reader),
            rate_limits=RateLimits(per_minute) if per_minute else None,
        )
        yield

    app = FastAPI(
        title="Reelbatch",
        description="A self-hosted batch render service on Temporal.",
        openapi_tags=TAGS,
        lifespan=lifespan,
        redirect_slashes=False,  # a redirect would lose the token or the body
    )
    add_error_handlers(app)
    if per_minute:
        app.add_middleware(RateLimitHeaders)
    app.add_middleware(RequestLog)
    app.include_router(_v2(), prefix="/api/v2")
    app.include_router(templates_v3.router, prefix="/api/v3")
    for public in (health.router, outputs.router, uploads.router):
        app.include_router(public)
    complete_reference(app)
    return app


def _v2() -> APIRouter:
    router = APIRouter()
    for part in (
        batches.router,
        batch_events.router,
        batch_results.router,
        batch_archive.router,
        batch_retry.router,
        jobs.router,
        joins.router,
        job_logs.router,
        templates.router,
        fonts.router,
        secrets.router,
        webhooks.router,
    ):
        router.include_router(part)
    return router
