"""The worker process, started with `python -m worker`."""

import asyncio
import gc
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import structlog
from obstore.store import ObjectStore
from temporalio.client import Client
from temporalio.common import MetricMeter, VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    FixedSizeSlotSupplier,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerDeploymentConfig,
    WorkerTuner,
)

from activities.assets.caches import AssetCache, ObjectCache
from activities.assets.download import Downloader
from activities.assets.fetcher import AssetFetcher
from activities.heartbeats import HEARTBEAT_INTERVAL
from activities.metrics import HISTOGRAM_BUCKETS, CacheMetrics, RenderMetrics, WebhookMetrics
from activities.public_network import http_client
from activities.renders.attempt import Attempts
from activities.renders.bucket_upload import BucketUploader
from activities.renders.cache import RenderCache
from activities.renders.cache_key import engine_fingerprint
from activities.renders.delivery import Delivery
from activities.renders.preparation import Preparation
from activities.renders.render import LocalRenders, RenderActivities, ServedEngine
from activities.renders.segments import SegmentActivities, SegmentStoreActivities
from activities.renders.slots import RenderSlots, SlotActivities, identity_with_slots
from activities.schedules.runs import ScheduleActivities
from activities.scratch import Scratch
from activities.secret_references import SecretReferences
from activities.templates.by_url import TemplateFetcher
from activities.templates.download import DOWNLOAD_TIME, DownloadActivities
from activities.templates.inspection import InspectionActivities
from activities.upkeep.manifest import ManifestActivities
from activities.upkeep.sweep import Lifetimes, SweepActivities, schedule_sweeps
from activities.webhooks.delivery import WebhookActivities
from reelbatch.connection import connect
from reelbatch.engines.base import RenderEngine, is_deterministic
from reelbatch.engines.pool import INSPECTIONS, RenderPool
from reelbatch.engines.registry import load_engines, unavailable_engines
from reelbatch.models.orchestration.names import (
    CONTROL_TASK_QUEUE,
    inspection_task_queue,
    render_task_queue,
)
from reelbatch.preparation import check_all, check_namespace
from reelbatch.process import run_process
from reelbatch.settings import Settings
from reelbatch.stop_signals import on_stop_signals
from reelbatch.storage.objects import open_store
from reelbatch.storage.secrets import open_vault
from reelbatch.storage.webhook_signatures import WebhookSigner, open_webhook_signer
from reelbatch.telemetry import tracing
from reelbatch.telemetry.prometheus import meter_of, metrics_runtime
from reelbatch.worker_health import WorkerHealth
from workflows.batch import BatchWorkflow
from workflows.job import RenderJobWorkflow
from workflows.schedule import ScheduledBatchWorkflow
from workflows.sweep import SweepWorkflow
from workflows.template import DownloadTemplateWorkflow, InspectTemplateWorkflow
from workflows.webhook import DeliverWebhookWorkflow

log = structlog.get_logger("worker")

_WAITING_INSPECTIONS = 50
_UNUSED_SLOTS = FixedSizeSlotSupplier(1)  # for kinds of work that an engine's worker does not do


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serve the control queue and each engine's queues until `stop` is set, then drain.

    Raises:
        RuntimeError: Temporal or the object store does not respond, or is not prepared.
        OSError: The scratch folder cannot be used.
        ValueError: The secrets' key, the webhooks' secret or an address to listen on is invalid.
    """
    async with AsyncExitStack() as resources:
        shared = await _share(settings, resources)
        workers: list[Worker] = []
        served: dict[str, ServedEngine] = {}
        for name, engine in _served_engines(settings).items():
            workers += await _engine_workers(shared, name, engine, resources, served)
        workers.append(_control_worker(shared, LocalRenders(served)))
        await schedule_sweeps(shared.client)
        health = WorkerHealth(lambda: check_namespace(shared.client))
        await resources.enter_async_context(health.served(settings.worker_health_address))
        await _serve(workers, stop, health)


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """The resources that all workers of this process share."""

    settings: Settings
    client: Client
    store: ObjectStore
    meter: MetricMeter
    http: httpx.AsyncClient
    scratch: Scratch
    objects: ObjectCache
    assets: AssetCache
    references: SecretReferences
    webhook_signer: WebhookSigner


async def _share(settings: Settings, resources: AsyncExitStack) -> _Shared:
    store = open_store(settings.object_store)
    runtime = metrics_runtime(settings.worker_metrics_address, HISTOGRAM_BUCKETS)
    meter = meter_of(runtime)
    client = await connect(settings, store, runtime, tracing.interceptors())
    await check_all(client, store)
    scratch = resources.enter_context(Scratch(settings.scratch))
    http = await resources.enter_async_context(
        http_client(allow_private_networks=settings.allow_private_networks)
    )
    return _Shared(
        settings=settings,
        client=client,
        store=store,
        meter=meter,
        http=http,
        scratch=scratch,
        objects=ObjectCache(
            store=store,
            folder=scratch.path / "objects",
            limit=settings.object_cache_bytes,
            metrics=CacheMetrics("objects", meter),
        ),
        assets=AssetCache(
            downloader=Downloader(http, settings.download_timeout),
            folder=scratch.path / "assets",
            limit=settings.asset_cache_bytes,
            metrics=CacheMetrics("assets", meter),
        ),
        references=SecretReferences(open_vault(store, settings.secrets_key)),
        webhook_signer=await open_webhook_signer(
            store, settings.webhook_signing_secret, settings.signing_key
        ),
    )


def _control_worker(shared: _Shared, local_renders: LocalRenders) -> Worker:
    settings, client, store = shared.settings, shared.client, shared.store
    manifests = ManifestActivities(store)
    slots = SlotActivities(client)
    sweeps = SweepActivities(client=client, store=store, lifetimes=_lifetimes(settings))
    webhooks = WebhookActivities(
        store=store,
        http=shared.http,
        references=shared.references,
        signer=shared.webhook_signer,
        metrics=WebhookMetrics(shared.meter),
    )
    downloads = DownloadActivities(
        store=store,
        downloader=Downloader(shared.http, DOWNLOAD_TIME),
        scratch=shared.scratch,
        limit=settings.limit_of("template"),
        schemes=settings.template_schemes,
    )
    schedules = ScheduleActivities(
        client=client,
        store=store,
        downloader=Downloader(shared.http, settings.download_timeout),
        scratch=shared.scratch,
        references=shared.references,
        limit=settings.limit_of("body"),
    )
    return Worker(
        client,
        task_queue=CONTROL_TASK_QUEUE,
        workflows=[
            BatchWorkflow,
            RenderJobWorkflow,
            InspectTemplateWorkflow,
            DownloadTemplateWorkflow,
            DeliverWebhookWorkflow,
            ScheduledBatchWorkflow,
            SweepWorkflow,
        ],
        activities=[
            local_renders.render_locally,
            manifests.write_manifest,
            manifests.save_job,
            webhooks.deliver_webhook,
            sweeps.sweep,
            slots.find_free_slots,
            slots.is_engine_served,
            SegmentStoreActivities(store).clear_segments,
            downloads.download_template,
            downloads.fail_template,
            schedules.fetch_table,
            schedules.record_run,
            schedules.await_batches,
        ],
        # docs/decisions/0008-orchestration.md
        workflow_runner=UnsandboxedWorkflowRunner(),
        graceful_shutdown_timeout=timedelta(seconds=settings.drain_timeout),
        deployment_config=_deployment(settings),
    )


def _served_engines(settings: Settings) -> Mapping[str, type[RenderEngine]]:
    """The engines by name. Raises RuntimeError if one named in the settings cannot render here."""
    for name, reason in unavailable_engines(settings.engines).items():
        if settings.engines:
            raise RuntimeError(f"the engine {name} cannot render here: {reason}")
        log.info("engine not served", engine=name, reason=reason)
    return load_engines(settings.engines)


async def _engine_workers(
    shared: _Shared,
    name: str,
    engine: type[RenderEngine],
    resources: AsyncExitStack,
    served: dict[str, ServedEngine],
) -> list[Worker]:
    """The workers for an engine, which is also added to `served`."""
    settings, store = shared.settings, shared.store
    metrics = RenderMetrics(name, shared.meter)
    pool = await resources.enter_async_context(
        RenderPool(
            name,
            processes=settings.render_processes,
            limits=settings.render_limits,
            folder=shared.scratch.path,
            confinement=settings.render_confinement,
            tasks_per_process=settings.renders_per_process,
            on_process_start=metrics.note_process,
        )
    )
    slots = RenderSlots(settings.render_processes)
    attempts = Attempts(
        store=store,
        pool=pool,
        preparation=Preparation(
            store=store,
            pool=pool,
            objects=shared.objects,
            assets=AssetFetcher(shared.assets, shared.objects, settings.limit_of("asset")),
            templates=TemplateFetcher(store, shared.assets, settings.limit_of("template")),
            limits=settings.render_limits,
            output_modules={**settings.output_modules},
        ),
        references=shared.references,
        delivery=Delivery(store, BucketUploader(shared.http), slots),
        scratch=shared.scratch,
        metrics=metrics,
        renders=await _render_cache(settings, store, slots, engine),
    )
    renders = RenderActivities(attempts)
    served[name] = ServedEngine(renders, slots)
    workers = [_render_worker(shared, name, renders, SegmentActivities(attempts), slots)]
    if engine.template_types:
        inspections = InspectionActivities(
            store=store, pool=pool, objects=shared.objects, scratch=shared.scratch
        )
        delivery = Delivery(store, BucketUploader(shared.http), RenderSlots(_WAITING_INSPECTIONS))
        previews = replace(attempts, delivery=delivery, renders=None, at_once=True)
        workers.append(_inspection_worker(shared, name, inspections, RenderActivities(previews)))
    return workers


async def _render_cache(
    settings: Settings, store: ObjectStore, slots: RenderSlots, engine: type[RenderEngine]
) -> RenderCache | None:
    if not settings.render_cache or not is_deterministic(engine):
        return None
    fingerprint = await asyncio.to_thread(engine_fingerprint, engine)
    return RenderCache(store, slots=slots, fingerprint=fingerprint)


def _render_worker(
    shared: _Shared,
    engine: str,
    renders: RenderActivities,
    segments: SegmentActivities,
    slots: RenderSlots,
) -> Worker:
    settings = shared.settings
    interval = timedelta(seconds=HEARTBEAT_INTERVAL)
    return Worker(
        shared.client,
        task_queue=render_task_queue(engine),
        activities=[
            renders.render,
            segments.find_equal_render,
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
        # Otherwise the SDK delays heartbeats, and with them the arrival of cancellations.
        max_heartbeat_throttle_interval=interval,
        default_heartbeat_throttle_interval=interval,
        graceful_shutdown_timeout=timedelta(seconds=settings.drain_timeout),
        deployment_config=_deployment(settings),
    )


def _inspection_worker(
    shared: _Shared, engine: str, inspections: InspectionActivities, previews: RenderActivities
) -> Worker:
    """The worker for inspections.

    It has its own slots, since renders may take long. There are more slots than processes, since a
    team's files wait for each other, and must not delay those of other teams.
    """
    interval = timedelta(seconds=HEARTBEAT_INTERVAL)
    return Worker(
        shared.client,
        task_queue=inspection_task_queue(engine),
        activities=[inspections.inspect_template, previews.render],
        max_concurrent_activities=_WAITING_INSPECTIONS,
        max_concurrent_activity_task_polls=INSPECTIONS,
        max_heartbeat_throttle_interval=interval,
        default_heartbeat_throttle_interval=interval,
        graceful_shutdown_timeout=timedelta(seconds=shared.settings.drain_timeout),
        deployment_config=_deployment(shared.settings),
    )


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """With a build id, workflows that started on this version also end on it."""
    if not settings.worker_build_id:
        return None
    version = WorkerDeploymentVersion(settings.worker_deployment, settings.worker_build_id)
    return WorkerDeploymentConfig(
        version,
        use_worker_versioning=True,
        # Set here and not by the workflows, which the server would reject from unversioned workers.
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
        renders=timedelta(days=settings.render_retention_days),
    )


async def _serve(workers: Sequence[Worker], stop: asyncio.Event, health: WorkerHealth) -> None:
    """Run the workers until `stop` is set or one of them ends."""
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


async def _serve_until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    on_stop_signals(stop.set)
    await run(settings, stop)


if __name__ == "__main__":
    run_process("worker", _serve_until_stopped)
