"""A worker process: settings, connection, workers. `python -m worker`."""

import asyncio
import gc
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

import structlog
from obstore.store import ObjectStore
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    FixedSizeSlotSupplier,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerDeploymentConfig,
    WorkerTuner,
)

from activities.assets.cache import AssetCache
from activities.assets.download import Downloader
from activities.assets.files import AssetFetcher
from activities.assets.object_cache import ObjectCache
from activities.heartbeats import HEARTBEAT_INTERVAL
from activities.metrics import HISTOGRAM_BUCKETS, CacheMetrics, RenderMetrics, WebhookMetrics
from activities.public_network import http_client
from activities.renders.bucket_upload import BucketUploader
from activities.renders.cache import RenderCache
from activities.renders.cache_key import engine_fingerprint
from activities.renders.delivery import Delivery
from activities.renders.free_slots import SlotActivities, identity_with_slots
from activities.renders.render import RenderActivities
from activities.renders.segments import SegmentActivities, SegmentStoreActivities
from activities.renders.slots import RenderSlots
from activities.scratch import Scratch
from activities.secret_references import SecretReferences
from activities.templates.by_url import TemplateFetcher
from activities.templates.files import DOWNLOAD_TIME, TemplateActivities
from activities.upkeep.manifest import ManifestActivities
from activities.upkeep.sweep import Lifetimes, SweepActivities
from activities.upkeep.sweep_schedule import schedule_sweeps
from activities.webhooks.delivery import WebhookActivities
from activities.webhooks.signature import WebhookSigner
from reelbatch import logs
from reelbatch.connection import connect, end_process
from reelbatch.engines.base import RenderEngine, is_deterministic
from reelbatch.engines.pool import INSPECTIONS, RenderPool
from reelbatch.engines.registry import load_engines, unavailable_engines
from reelbatch.models.orchestration.names import (
    CONTROL_TASK_QUEUE,
    inspection_task_queue,
    render_task_queue,
)
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from reelbatch.storage.secrets import open_vault
from reelbatch.telemetry import tracing
from reelbatch.telemetry.prometheus import meter_of, metrics_runtime
from reelbatch.worker_health import WorkerHealth
from workflows.batch import BatchWorkflow
from workflows.job import RenderJobWorkflow
from workflows.sweep import SweepWorkflow
from workflows.template import DownloadTemplateWorkflow, InspectTemplateWorkflow
from workflows.webhook import DeliverWebhookWorkflow

log = structlog.get_logger("worker")

_UNUSED_SLOTS = FixedSizeSlotSupplier(1)  # of what an engine's worker does not run


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serve the control queue and each engine's queues until `stop` is set, then drain.

    Raises RuntimeError if Temporal does not answer, OSError if the scratch folder or the object
    store cannot be used, and ValueError if the secrets' key, the webhooks' secret or an address
    to listen on cannot.
    """
    store = open_store(settings.object_store)
    runtime = metrics_runtime(settings.worker_metrics_address, HISTOGRAM_BUCKETS)
    meter = meter_of(runtime)
    client = await connect(settings, store, runtime, tracing.interceptors())
    async with AsyncExitStack() as resources:
        scratch = resources.enter_context(Scratch(settings.scratch))
        cache = ObjectCache(
            store,
            scratch.path / "objects",
            settings.object_cache_bytes,
            CacheMetrics("objects", meter),
        )
        http = await resources.enter_async_context(
            http_client(allow_private_networks=settings.allow_private_networks)
        )
        assets = AssetCache(
            Downloader(http, settings.download_timeout),
            scratch.path / "assets",
            settings.asset_cache_bytes,
            metrics=CacheMetrics("assets", meter),
        )
        fetcher = AssetFetcher(assets, settings.max_asset_bytes)
        references = SecretReferences(open_vault(store, settings.secrets_key))
        webhooks = WebhookActivities(
            store,
            http,
            references,
            WebhookSigner.from_secret(settings.webhook_signing_secret),
            WebhookMetrics(meter),
        )
        templates = TemplateActivities(
            store,
            Downloader(http, DOWNLOAD_TIME),
            scratch,
            settings.max_template_bytes,
            settings.template_schemes,
        )
        workers = [_control_worker(settings, client, store, webhooks, templates)]
        for name, reason in unavailable_engines(settings.engines).items():
            if settings.engines:
                raise RuntimeError(f"the engine {name} cannot render here: {reason}")
            log.info("engine not served", engine=name, reason=reason)
        for name, engine in load_engines(settings.engines).items():
            metrics = RenderMetrics(name, meter)
            pool = RenderPool(
                name,
                processes=settings.render_processes,
                limits=settings.render_limits,
                folder=scratch.path,
                confinement=settings.render_confinement,
                tasks_per_process=settings.renders_per_process,
                on_process_start=metrics.note_process,
            )
            await resources.enter_async_context(pool)
            limits = settings.render_limits
            slots = RenderSlots(settings.render_processes)
            delivery = Delivery(store, BucketUploader(http), slots)
            renders = RenderActivities(
                store,
                pool,
                cache,
                fetcher,
                TemplateFetcher(store, assets, settings.max_template_bytes),
                references,
                delivery,
                scratch,
                limits,
                metrics,
                await _render_cache(settings, store, slots, engine),
            )
            segments = SegmentActivities(
                renders, store, pool, references, delivery, scratch, metrics
            )
            workers.append(_engine_worker(settings, client, name, renders, segments, slots))
            if engine.template_types:
                workers.append(_inspection_worker(settings, client, name, renders))
        await schedule_sweeps(client)
        health = WorkerHealth()
        await resources.enter_async_context(health.served(settings.worker_health_address))
        await _serve(workers, stop, health)


def _control_worker(
    settings: Settings,
    client: Client,
    store: ObjectStore,
    webhooks: WebhookActivities,
    templates: TemplateActivities,
) -> Worker:
    manifests = ManifestActivities(store)
    return Worker(
        client,
        task_queue=CONTROL_TASK_QUEUE,
        workflows=[
            BatchWorkflow,
            RenderJobWorkflow,
            InspectTemplateWorkflow,
            DownloadTemplateWorkflow,
            DeliverWebhookWorkflow,
            SweepWorkflow,
        ],
        activities=[
            manifests.write_manifest,
            manifests.keep_job,
            webhooks.deliver_webhook,
            SweepActivities(client, store, _lifetimes(settings)).sweep,
            SlotActivities(client).find_free_slots,
            SegmentStoreActivities(store).clear_segments,
            templates.download_template,
            templates.fail_template,
        ],
        # docs/decisions/0008-orchestration.md
        workflow_runner=UnsandboxedWorkflowRunner(),
        graceful_shutdown_timeout=timedelta(seconds=settings.drain_timeout),
        deployment_config=_deployment(settings),
    )


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """With a build id, workflows that began on this version end on it."""
    if not settings.worker_build_id:
        return None
    version = WorkerDeploymentVersion(settings.worker_deployment, settings.worker_build_id)
    return WorkerDeploymentConfig(
        version,
        use_worker_versioning=True,
        # Not said by the workflows themselves: the server refuses that of workers without versions.
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


def _lifetimes(settings: Settings) -> Lifetimes:
    def days(number: int | None) -> timedelta | None:
        return None if number is None else timedelta(days=number)

    return Lifetimes(
        payloads=timedelta(days=settings.keep_payloads_days),
        records=days(settings.keep_records_days),
        logs=days(settings.keep_logs_days),
        outputs=days(settings.keep_outputs_days),
        renders=timedelta(days=settings.kept_renders_days),
    )


async def _render_cache(
    settings: Settings, store: ObjectStore, slots: RenderSlots, engine: type[RenderEngine]
) -> RenderCache | None:
    if not settings.render_cache or not is_deterministic(engine):
        return None
    return RenderCache(store, slots, await asyncio.to_thread(engine_fingerprint, engine))


def _engine_worker(
    settings: Settings,
    client: Client,
    engine: str,
    renders: RenderActivities,
    segments: SegmentActivities,
    slots: RenderSlots,
) -> Worker:
    interval = timedelta(seconds=HEARTBEAT_INTERVAL)
    return Worker(
        client,
        task_queue=render_task_queue(engine),
        activities=[
            renders.render,
            renders.find_equal_render,
            segments.render_segment,
            segments.join_segments,
        ],
        identity=identity_with_slots(settings.render_processes),
        tuner=WorkerTuner.create_composite(
            workflow_supplier=_UNUSED_SLOTS,
            activity_supplier=slots,
            local_activity_supplier=_UNUSED_SLOTS,
            nexus_supplier=_UNUSED_SLOTS,
        ),
        # Without these the SDK holds heartbeats back, and cancellations come with their answers.
        max_heartbeat_throttle_interval=interval,
        default_heartbeat_throttle_interval=interval,
        graceful_shutdown_timeout=timedelta(seconds=settings.drain_timeout),
        deployment_config=_deployment(settings),
    )


def _inspection_worker(
    settings: Settings, client: Client, engine: str, renders: RenderActivities
) -> Worker:
    """Beside the renders, all of which may take long."""
    return Worker(
        client,
        task_queue=inspection_task_queue(engine),
        activities=[renders.inspect_template],
        max_concurrent_activities=INSPECTIONS,
        max_concurrent_activity_task_polls=INSPECTIONS,
        graceful_shutdown_timeout=timedelta(seconds=settings.drain_timeout),
        deployment_config=_deployment(settings),
    )


async def _serve(workers: Sequence[Worker], stop: asyncio.Event, health: WorkerHealth) -> None:
    """Run the workers; the end of one is the end of all."""
    running = [asyncio.create_task(worker.run()) for worker in workers]
    stopping = asyncio.create_task(stop.wait())
    gc.collect()
    gc.freeze()  # as the API's server does
    log.info("worker ready", queues=[worker.task_queue for worker in workers])
    health.is_ready = True
    await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    health.is_ready = False
    log.info("worker draining")
    await asyncio.gather(*(worker.shutdown() for worker in workers))
    await asyncio.gather(*running)


async def _main(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await run(settings, stop)


def main() -> None:
    settings = Settings()
    logs.configure(settings)
    code = 0
    try:
        tracing.start("reelbatch-worker")
        asyncio.run(_main(settings))
    except (OSError, RuntimeError, ValueError) as error:
        log.error("worker cannot run", reason=str(error))  # noqa: TRY400  one clear line
        code = 1
    tracing.flush()
    end_process(code)


if __name__ == "__main__":
    main()
