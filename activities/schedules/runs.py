"""The activities of a schedule's run. All are idempotent: they can run again after a crash."""

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from obstore.store import ObjectStore
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError, RPCStatusCode

from activities.assets.content_check import text_kind
from activities.assets.download import Downloader
from activities.assets.sources import Source
from activities.failures import as_application_errors
from activities.heartbeats import Progress, heartbeats
from activities.scratch import Scratch
from activities.secret_references import ResolvedSecrets, SecretReferences
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.orchestration.names import batch_workflow_id, schedule_workflow_id
from reelbatch.models.orchestration.schedules import (
    EndedRun,
    FetchedTable,
    ScheduledRun,
    SubmittedTable,
)
from reelbatch.models.wire.tables import CSV, TABS, XLSX
from reelbatch.models.wire.urls import is_http_url, redacted_url
from reelbatch.settings import ByteLimit
from reelbatch.storage import keys
from reelbatch.storage.schedules import note_run, read_schedule
from workflows.activity_names import AWAIT_BATCHES, FETCH_TABLE, RECORD_RUN

_ZIP = b"PK\x03\x04"  # the beginning of a workbook
_ENDINGS_OF_TABS = (".tsv", ".tab")


@dataclass(frozen=True, kw_only=True)
class ScheduleActivities:
    client: Client
    store: ObjectStore
    downloader: Downloader
    scratch: Scratch
    references: SecretReferences
    limit: ByteLimit  # of a table

    @activity.defn(name=FETCH_TABLE)
    async def fetch_table(self, run: ScheduledRun) -> FetchedTable | None:
        """Download the table to the object store.

        Returns None if the schedule has been deleted, and then deletes Temporal's schedule too.
        """
        record = await read_schedule(self.store, run.team, run.schedule_id)
        if record is None:
            await self._forget(run)
            return None
        secrets = self.references.of(run.team)
        with as_application_errors(secrets), self.scratch.work_dir() as folder:
            async with heartbeats(Progress()):
                file = folder / "table"
                media_type = await self._fetch(record.creation.url, file, secrets)
                source = keys.fetched_table(run.team, run.run_id)
                await self.store.put_async(source, file)
                return FetchedTable(run=run, source=source, media_type=media_type)

    @activity.defn(name=RECORD_RUN)
    async def record_run(self, ended: EndedRun) -> None:
        """Record the outcome of the run with its schedule, and remove its table."""
        run = ended.run
        with contextlib.suppress(FileNotFoundError):
            await self.store.delete_async(keys.fetched_table(run.team, run.run_id))
        if await read_schedule(self.store, run.team, run.schedule_id) is not None:
            await note_run(self.store, run.team, run.schedule_id, ended.outcome)

    @activity.defn(name=AWAIT_BATCHES)
    async def await_batches(self, submitted: SubmittedTable) -> None:
        """Fail as long as one of the batches is running."""
        for batch_id in submitted.batch_ids:
            workflow_id = batch_workflow_id(submitted.team, batch_id)
            if await self._is_open(workflow_id):
                raise ApplicationError(
                    f"{workflow_id} is still running", category=ApplicationErrorCategory.BENIGN
                )

    async def _fetch(self, url: str, file: Path, secrets: ResolvedSecrets) -> str:
        """Download `url` to `file`, and return its media type. Raises RenderError."""
        name, plain = redacted_url(url), await secrets.resolve(url)
        if not is_http_url(plain):
            raise AssetInvalid(f"{name} is not an http or https URL.")
        source = Source(url=plain, name=name)
        found = await self.downloader.download(source, file, self.limit)
        _refuse_html_page(file, found.media_type, name)
        return _media_type(file, found.media_type, source.path)

    async def _forget(self, run: ScheduledRun) -> None:
        schedule_id = schedule_workflow_id(run.team, run.schedule_id)
        with _unknown_is_fine():
            await self.client.get_schedule_handle(schedule_id).delete()

    async def _is_open(self, workflow_id: str) -> bool:
        with _unknown_is_fine():
            found = await self.client.get_workflow_handle(workflow_id).describe()
            return found.status is WorkflowExecutionStatus.RUNNING
        return False


def _refuse_html_page(file: Path, stated: str, name: str) -> None:
    """Raise AssetInvalid if the file is an HTML page or empty."""
    kind = text_kind(file, stated)
    if kind == "an HTML page" or file.stat().st_size == 0:
        raise AssetInvalid(
            f"{name} is {kind or 'empty'}, not a table: use a URL that returns the CSV or XLSX "
            "file itself instead of a login or preview page."
        )


@contextlib.contextmanager
def _unknown_is_fine() -> Generator[None]:
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def _media_type(file: Path, stated: str, path: str) -> str:
    """The table's media type: by content for workbooks, since servers use many types for CSV."""
    with file.open("rb") as content:
        if content.read(len(_ZIP)) == _ZIP:
            return XLSX
    return TABS if stated == TABS or path.lower().endswith(_ENDINGS_OF_TABS) else CSV
