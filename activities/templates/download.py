"""Downloading a template from its URL to the object store, and recording failures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from obstore.store import ObjectStore
from temporalio import activity

from activities.assets.download import Downloader
from activities.assets.sources import Source
from activities.failures import as_application_errors
from activities.heartbeats import Progress, heartbeats
from activities.scratch import Scratch
from activities.templates.by_url import as_template_errors, refuse_html_page, tail_of
from reelbatch.engines.registry import claimant
from reelbatch.models.orchestration.templates import (
    DownloadedTemplate,
    TemplateDownloadJob,
    TemplateFailure,
)
from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.models.wire.templates import TemplateStatus
from reelbatch.models.wire.urls import redacted_url
from reelbatch.settings import ByteLimit
from reelbatch.storage import keys
from reelbatch.storage.templates import read_template, write_template
from workflows.activity_names import DOWNLOAD_TEMPLATE, FAIL_TEMPLATE

DOWNLOAD_TIME = 600.0  # seconds: contract 11


@dataclass(frozen=True, kw_only=True)
class DownloadActivities:
    """Both activities are idempotent, so they can run again after a crash."""

    store: ObjectStore
    downloader: Downloader
    scratch: Scratch
    limit: ByteLimit  # of a template
    schemes: frozenset[str]  # allowed in URLs, after redirects too

    @activity.defn(name=DOWNLOAD_TEMPLATE)
    async def download_template(self, job: TemplateDownloadJob) -> DownloadedTemplate:
        """Download the file, unless the template has been deleted or has a new upload link."""
        source = keys.template_source(job.team, job.template_id, job.download)
        record = await read_template(self.store, job.team, job.template_id)
        if record is not None and record.source == source:
            engine = record.engine if record.engine != job.engine else None
            return DownloadedTemplate(source=source, engine=engine)  # from an earlier attempt
        if record is None or not _waits_for(record, job.download):
            return DownloadedTemplate(source=None)
        with as_application_errors(), self.scratch.work_dir() as folder:
            async with heartbeats(Progress()):
                file = folder / "template"
                await self._fetch(record, file)
                engine = claimant(job.claims or {}, tail_of(file))
                size = file.stat().st_size
                await self.store.put_async(source, file)
                changes = {"source": source, "size": size, "engine": engine or job.engine}
                source = await self._record_file(job, changes)
                return DownloadedTemplate(source=source, engine=engine)

    @activity.defn(name=FAIL_TEMPLATE)
    async def fail_template(self, failure: TemplateFailure) -> None:
        """Write the reason into the record, unless the template has another file by now."""
        record = await read_template(self.store, failure.team, failure.template_id)
        if record is None:
            return
        by_source = failure.source is not None and record.source == failure.source
        if by_source or _waits_for(record, failure.download):
            await self._write(record, status=TemplateStatus.ERROR, error=failure.reason)

    async def _fetch(self, record: TemplateRecord, file: Path) -> None:
        src = record.download.src if record.download else ""
        origin = Source(url=src, name=redacted_url(src), schemes=self.schemes)
        with as_template_errors():
            found = await self.downloader.download(origin, file, self.limit)
        refuse_html_page(file, found.media_type, origin.name)

    async def _record_file(
        self, job: TemplateDownloadJob, file: Mapping[str, object]
    ) -> str | None:
        """Point the record to the file, or remove the file if the record no longer expects it."""
        source = keys.template_source(job.team, job.template_id, job.download)
        record = await read_template(self.store, job.team, job.template_id)
        if record is None or not _waits_for(record, job.download):
            await self.store.delete_async(source)
            return None
        unread = {"status": TemplateStatus.PROCESSING, "error": None, "inspection": None}
        await self._write(record, **unread, **file)
        return source

    async def _write(self, record: TemplateRecord, **changes: object) -> None:
        done = {"download": None, "updated_at": datetime.now(UTC)}
        await write_template(self.store, record.model_copy(update={**changes, **done}))


def _waits_for(record: TemplateRecord, download: str | None) -> bool:
    return record.download is not None and record.download.id == download
