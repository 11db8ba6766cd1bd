"""The activities of an engine's task queue: rendering a job whole, and inspecting a template."""

from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from obstore.store import ObjectStore
from temporalio import activity

from activities.assets.files import AssetFetcher
from activities.assets.object_cache import ObjectCache
from activities.failures import as_application_errors
from activities.heartbeats import Progress, heartbeats
from activities.metrics import Phase, RenderMetrics
from activities.renders.cache import RenderCache
from activities.renders.child_outputs import with_outputs
from activities.renders.delivery import (
    Delivery,
    FinishedRender,
    FreshRender,
    ReusedRender,
    result_of,
)
from activities.renders.job_log import JobLog, job_log
from activities.scratch import Scratch
from activities.secret_references import ResolvedSecrets, SecretReferences
from activities.templates.by_url import TemplateFetcher
from reelbatch.engines.base import RenderLimits, RenderRequest, ReportProgress
from reelbatch.engines.pool import RenderPool
from reelbatch.models.errors import RenderError
from reelbatch.models.orchestration.jobs import RenderResult, RenderTask
from reelbatch.models.orchestration.segments import EqualRender
from reelbatch.models.orchestration.templates import TemplateInspectionJob
from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.models.wire.templates import TemplateStatus
from reelbatch.storage import keys
from reelbatch.storage.kept_renders import RenderGone
from reelbatch.storage.objects import read_model, write_model
from workflows.activity_names import FIND_EQUAL_RENDER, INSPECT_TEMPLATE, RENDER


class RenderActivities:
    """What one engine's queue asks for. All may run again after a crash and end the same."""

    def __init__(
        self,
        store: ObjectStore,
        pool: RenderPool,
        cache: ObjectCache,
        fetcher: AssetFetcher,
        templates: TemplateFetcher,
        references: SecretReferences,
        delivery: Delivery,
        scratch: Scratch,
        limits: RenderLimits,
        metrics: RenderMetrics,
        renders: RenderCache | None = None,
    ) -> None:
        """Without `renders` each job is rendered, also where an equal one has been."""
        self._store = store
        self._pool = pool
        self._cache = cache
        self._fetcher = fetcher
        self._templates = templates
        self._references = references
        self._delivery = delivery
        self._scratch = scratch
        self._limits = limits
        self._renders = renders
        self._metrics = metrics

    @activity.defn(name=RENDER)
    async def render(self, job: RenderTask) -> RenderResult:
        """Download what the job needs, render it in a child process and upload the file."""
        started_at = datetime.now(UTC)
        progress = Progress()
        secrets = self._references.of(job.team)
        with (
            self._metrics.attempt(job),
            as_application_errors(secrets),
            self._scratch.work_dir() as folder,
        ):
            async with job_log(self._store, job, secrets) as log, heartbeats(progress):
                with self._metrics.phase(Phase.DOWNLOAD):
                    request = await self.prepare(job, folder, secrets, log)
                log.note_assets(job.assets, request.assets)
                render = await self._deliver_one(
                    job, request, log, log.watching(progress.set), secrets
                )
        return result_of(job, render, started_at)

    @activity.defn(name=FIND_EQUAL_RENDER)
    async def find_equal_render(self, job: RenderTask) -> EqualRender:
        """Deliver an equal job's render if one is kept, before the job is rendered in segments."""
        started_at = datetime.now(UTC)
        secrets = self._references.of(job.team)
        if self._renders is None:
            return EqualRender()
        with as_application_errors(secrets), self._scratch.work_dir() as folder:
            async with job_log(self._store, job, secrets) as log, heartbeats(Progress()):
                request = await self.prepare(job, folder, secrets, log)
                found = await self._deliver_equal(self._renders, job, request, log, secrets)
                if found is None:
                    log.discard()
                    return EqualRender()
        return EqualRender(result=result_of(job, found, started_at))

    @activity.defn(name=INSPECT_TEMPLATE)
    async def inspect_template(self, template: TemplateInspectionJob) -> TemplateStatus:
        """Read an uploaded template and write what was found, or what is wrong, in its record."""
        record = await self._current_record(template)
        if record is None:
            return TemplateStatus.ERROR
        with as_application_errors(), self._scratch.work_dir() as folder:
            file = folder / "template"
            async with heartbeats(Progress()):
                await self._cache.link(template.source, file)
                changes = await self._inspect(file, record.type)
        record = await self._current_record(template)
        if record is None:
            return TemplateStatus.ERROR
        record = record.model_copy(update={**changes, "updated_at": datetime.now(UTC)})
        await write_model(
            self._store, keys.template_record(template.team, template.template_id), record
        )
        return record.status

    async def _inspect(self, file: Path, template_type: str) -> dict[str, object]:
        try:
            inspection = await self._pool.inspect(file, template_type)
        except RenderError as error:
            if error.retryable:
                raise
            return {"status": TemplateStatus.ERROR, "error": error.message, "inspection": None}
        return {"status": TemplateStatus.UPLOADED, "error": None, "inspection": inspection}

    async def _current_record(self, template: TemplateInspectionJob) -> TemplateRecord | None:
        """The record, unless the template was deleted or has a newer upload by now."""
        key = keys.template_record(template.team, template.template_id)
        record = await read_model(self._store, key, TemplateRecord)
        return record if record and record.source == template.source else None

    async def prepare(
        self, job: RenderTask, folder: Path, secrets: ResolvedSecrets, log: JobLog
    ) -> RenderRequest:
        """Download all that the job needs into `folder`. Raises ReelbatchError."""
        template = folder / "template"
        if job.template_url is not None:
            await self._templates.fetch(job, job.template_url.url, template, secrets)
            inspection = await self._pool.inspect(template, job.template_type)
            job = await self._templates.checked(job, job.template_url.font_names, inspection)
            log.note_template(job)
        elif job.template_source is not None:
            await self._cache.link(job.template_source, template)
        else:
            template.touch()
        fonts: list[Path] = []
        for number, key in enumerate(job.fonts):
            fonts.append(folder / f"font-{number}")
            await self._cache.link(key, fonts[-1])
        work_dir = folder / "work"
        work_dir.mkdir()
        assets = await self._fetcher.fetch_all(job.assets, folder, work_dir, secrets)
        return RenderRequest(
            template=template,
            template_type=job.template_type,
            composition=job.composition,
            output=job.output,
            output_path=work_dir / f"output.{job.output.extension}",
            work_dir=work_dir,
            assets=await with_outputs(self._store, job.assets, assets, job.outputs, folder),
            fonts=fonts,
            limits=self._limits,
        )

    async def kept(
        self, job: RenderTask, request: RenderRequest, joined: FreshRender
    ) -> FreshRender:
        """What was joined of segments, which equal jobs may have from now on."""
        if self._renders is None:
            return joined
        key = await self._renders.key_of(request)
        return await self._renders.keep(job.team, key, job.id, joined)

    async def _deliver_equal(
        self,
        renders: RenderCache,
        job: RenderTask,
        request: RenderRequest,
        log: JobLog,
        secrets: ResolvedSecrets,
    ) -> ReusedRender | None:
        key = await renders.key_of(request)
        found = await renders.find(job.team, key)
        if found is None:
            return None
        try:
            await self._delivery.deliver(job, found, request.work_dir, secrets)
        except RenderGone:
            await renders.forget(job.team, key)
            return None
        log.note_reuse(found)
        return found

    async def _deliver_one(
        self,
        job: RenderTask,
        request: RenderRequest,
        log: JobLog,
        report: ReportProgress,
        secrets: ResolvedSecrets,
    ) -> FinishedRender:
        """An equal job's render if there is one and it stays until it is delivered, else a new."""

        async def render() -> FreshRender:
            return await self._render(job, request, log, report)

        renders = self._renders
        if renders is None:
            fresh = await render()
            with self._metrics.phase(Phase.UPLOAD):
                await self._delivery.deliver(job, fresh, request.work_dir, secrets)
            return fresh
        key = await renders.key_of(request)
        while True:
            found = await renders.share(job.team, key, job.id, render)
            if isinstance(found, ReusedRender):
                log.note_reuse(found)
            try:
                with self._metrics.phase(Phase.UPLOAD):
                    await self._delivery.deliver(job, found, request.work_dir, secrets)
            except RenderGone:
                await renders.forget(job.team, key)
            else:
                return found

    async def _render(
        self, job: RenderTask, request: RenderRequest, log: JobLog, report: ReportProgress
    ) -> FreshRender:
        started = monotonic()
        with self._metrics.phase(Phase.RENDER):
            rendered = await self._pool.render(request, report)
        seconds = monotonic() - started
        size = request.output_path.stat().st_size
        self._metrics.note_render(job, rendered, seconds, size)
        log.note_rendered(rendered, request.output_path, seconds)
        return FreshRender(
            size=size,
            width=rendered.width,
            height=rendered.height,
            frames=rendered.frames,
            seconds=seconds,
            file=request.output_path,
        )
