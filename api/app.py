"""The composition root of the API."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from obstore.store import ObjectStore
from temporalio.client import Client
from temporalio.common import MetricMeter

from api import codec, health, page_files
from api.authentication import Authenticator
from api.batches import archive as batch_archive
from api.batches import events as batch_events
from api.batches import results as batch_results
from api.batches import retry as batch_retry
from api.batches import routes as batches
from api.batches.reading import BatchReader
from api.batches.responses import BatchAnswers
from api.batches.watch import BatchWatches
from api.http.body_deadline import BodyDeadline
from api.http.codec_cors import CodecCors
from api.http.cross_origin import allow_origins
from api.http.errors import add_error_handlers
from api.http.metrics import ApiMetrics
from api.http.rate_limits import RateLimitHeaders, RateLimits
from api.http.request_log import RequestLog
from api.http.request_spans import RequestSpans
from api.http.route_templates import V2, V3
from api.http.security_headers import SecurityHeaders
from api.jobs import joins
from api.jobs import logs as job_logs
from api.jobs import routes as jobs
from api.openapi.document import TAGS, complete_reference
from api.openapi.page import add_reference_page
from api.resources import Resources
from api.team import fonts, outputs, secrets, webhooks
from api.templates import routes as templates
from api.templates import routes_v3 as templates_v3
from api.templates import uploads
from reelbatch.engines.registry import load_engines
from reelbatch.settings import Settings
from reelbatch.storage.payload_encryption import EncryptingCodec, open_key_ring
from reelbatch.storage.secrets import open_vault
from reelbatch.storage.signing import open_signer
from reelbatch.telemetry import tracing


def create_app(
    settings: Settings,
    client: Client,
    store: ObjectStore,
    meter: MetricMeter = MetricMeter.noop,
) -> FastAPI:
    """The API as an ASGI application. Its lifespan has to run: it opens the signing key.

    Raises EngineUnavailable, or ValueError if the secrets' key cannot be used.
    """

    engines = load_engines(settings.engines)
    per_minute = settings.rate_limit_per_minute
    vault = open_vault(store, settings.secrets_key)
    metrics = ApiMetrics(meter)

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
            authenticator=Authenticator(store, settings.wrong_tokens_per_minute),
            batches=reader,
            batch_answers=BatchAnswers(),
            watches=BatchWatches(reader),
            payload_codec=EncryptingCodec(open_key_ring(settings.payload_keys)),
            rate_limits=RateLimits(per_minute) if per_minute else None,
            metrics=metrics,
        )
        yield

    app = FastAPI(
        title="Reelbatch",
        description="A self-hosted batch render service on Temporal.",
        openapi_tags=TAGS,
        lifespan=lifespan,
        docs_url=None,  # those pages load scripts of third parties; `add_reference_page` has ours
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # Its own spans show whole paths, and so signatures; RequestSpans shows their templates.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,  # a redirect would lose the token or the body
    )
    add_error_handlers(app)
    _add_middleware(app, settings, metrics)
    app.include_router(_v2(), prefix=V2)
    app.include_router(templates_v3.router, prefix=V3)
    public = (health.router, outputs.router, uploads.router, codec.router, page_files.router)
    for router in public:
        app.include_router(router)
    add_reference_page(app)
    complete_reference(app)
    return app


def _add_middleware(app: FastAPI, settings: Settings, metrics: ApiMetrics) -> None:
    """From the inside out."""
    app.add_middleware(BodyDeadline, seconds=settings.body_timeout)
    if settings.rate_limit_per_minute:
        app.add_middleware(RateLimitHeaders)
    app.add_middleware(RequestLog, metrics=metrics)
    if tracing.is_on():
        app.add_middleware(RequestSpans)
    allow_origins(app, settings)
    if settings.web_ui_origin:
        app.add_middleware(CodecCors, origin=settings.web_ui_origin)
    public_url = settings.public_url or ""
    app.add_middleware(SecurityHeaders, is_public_by_https=public_url.startswith("https://"))


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
