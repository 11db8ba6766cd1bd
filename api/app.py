"""The composition root of the API."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from obstore.store import ObjectStore
from temporalio.client import Client
from temporalio.common import MetricMeter

from api import codec, health
from api.authentication import Authenticator, RateLimits
from api.batches import routes as batches
from api.batches import sharing
from api.batches.responses import BatchResponses
from api.batches.watch import BatchWatches, Followers
from api.http.errors import add_error_handlers
from api.http.middleware import V2, V3, add_middleware
from api.jobs import routes as jobs
from api.metrics import ApiMetrics
from api.openapi import docs
from api.openapi.document import TAGS, complete_reference, operation_id
from api.page import routes as page
from api.quotas import Quotas
from api.resources import Resources
from api.schedules import routes as schedules
from api.schedules.submission import submitting_tables
from api.snapshots import BatchReader
from api.team import fonts, outputs, secrets, tokens, webhooks
from api.team import uploads as uploaded_files
from api.templates import fields, uploads
from api.templates import routes as templates
from api.templates import routes_v3 as templates_v3
from api.visibility import TeamWorkflows
from api.workbooks import WorkbookReader
from reelbatch.engines.registry import load_engines
from reelbatch.pollers import ServedEngines
from reelbatch.settings import Settings
from reelbatch.storage.payload_encryption import EncryptingCodec, open_key_ring
from reelbatch.storage.secrets import open_vault
from reelbatch.storage.signing import open_signer
from reelbatch.storage.webhook_signatures import open_webhook_signer
from reelbatch.version import VERSION

_PARALLEL_PARSES = 2  # batches


def create_app(
    settings: Settings,
    client: Client,
    store: ObjectStore,
    meter: MetricMeter = MetricMeter.noop,
) -> FastAPI:
    """The API as an ASGI application. Its lifespan must run, because it opens the signing key.

    Raises EngineUnavailable, or ValueError if the secrets key cannot be used.
    """
    engines = load_engines(settings.engines)
    per_minute = settings.rate_limit_per_minute
    vault = open_vault(store, settings.secrets_key)
    metrics = ApiMetrics(meter)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        reader, workflows = BatchReader(client, store), TeamWorkflows(client)
        workbooks = WorkbookReader(settings)
        app.state.readiness = health.Readiness(client, store)
        app.state.watches = BatchWatches(reader)
        app.state.followers = Followers(settings.max_followers)
        app.state.batch_responses = BatchResponses()
        app.state.resources = Resources(
            settings=settings,
            client=client,
            store=store,
            engines=engines,
            signer=await open_signer(store, settings.signing_key),
            webhook_signer=await open_webhook_signer(
                store, settings.webhook_signing_secret, settings.signing_key
            ),
            secrets=vault,
            authenticator=Authenticator(store, settings.wrong_tokens_per_minute),
            batches=reader,
            workflows=workflows,
            payload_codec=EncryptingCodec(open_key_ring(settings.payload_keys)),
            served_engines=ServedEngines(client),
            quotas=Quotas(settings, workflows=workflows, store=store, batches=reader),
            rate_limits=RateLimits(per_minute) if per_minute else None,
            metrics=metrics,
            uploading=set(),
            previewing=set(),
            previews={},
            workbooks=workbooks,
            parsing=asyncio.Semaphore(_PARALLEL_PARSES),
        )
        async with submitting_tables(app.state.resources):
            yield
        workbooks.close()

    app = FastAPI(
        title="Reelbatch",
        version=VERSION,
        description="A self-hosted batch render service on Temporal.",
        openapi_tags=TAGS,
        servers=[{"url": settings.public_url or "/"}],
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's docs pages load third-party scripts; `openapi.docs` has ours
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # FastAPI's spans contain full paths, and with them signatures; RequestSpans has templates.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,  # a redirect would lose the token or the body
    )
    add_error_handlers(app)
    add_middleware(app, settings, metrics)
    app.include_router(_v2(), prefix=V2)
    app.include_router(templates_v3.router, prefix=V3)
    public = (
        health.router,
        outputs.router,
        sharing.public,
        uploads.router,
        codec.router,
        page.router,
    )
    for router in public:
        app.include_router(router)
    docs.add_docs_page(app)
    complete_reference(app)
    return app


def _v2() -> APIRouter:
    router = APIRouter()
    team = (fonts, uploaded_files, secrets, tokens, webhooks)
    for part in (batches, jobs, schedules, templates, fields, *team):
        router.include_router(part.router)
    return router
