"""The sweep, which removes objects that are too old to be needed from the object store.

Temporal's histories refer to payloads in the object store, and several histories may refer to the
same one. A day's payloads are therefore removed only if they are older than their setting, and
Temporal has no workflow of the team, open or ended, that started on that day or before.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import structlog
from obstore.store import ObjectStore
from pydantic import ValidationError
from temporalio import activity
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.service import RPCError

from reelbatch.models.ids import ID_PATTERN
from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE
from reelbatch.models.orchestration.search_attributes import TEAM
from reelbatch.models.orchestration.sweeps import SweepReport
from reelbatch.models.wire.base import rfc3339
from reelbatch.storage import idempotency, keys
from reelbatch.storage.expiry import Removal, has_objects, names_modified_since
from reelbatch.storage.files import StoredFile, find_file
from reelbatch.storage.listing import names_in
from reelbatch.storage.payloads import NO_TEAM
from reelbatch.storage.templates import read_template
from reelbatch.storage.uploaded_files import remove_unused, used_at
from workflows.activity_names import SWEEP
from workflows.sweep import SweepWorkflow

if TYPE_CHECKING:
    from obstore import ObjectMeta

log = structlog.get_logger("worker")

SCHEDULE_ID = "reelbatch-sweep"

_BATCH_ID = re.compile(ID_PATTERN.strip("^$"))

_INTERVAL = timedelta(hours=6)
_OPEN = "ExecutionStatus = 'Running'"
_MAX_REMOVALS = 100_000  # objects in one sweep
# For jobs whose workflow was terminated; others remove their segments themselves. A render takes at
# most a day.
_SEGMENT_LIFETIME = timedelta(days=2)
_PREVIEW_LIFETIME = timedelta(days=1)
_UPLOAD_TIME = timedelta(days=2)  # the longest time that an upload may take
# A payload is written shortly before its workflow starts, possibly on the day before.
_MARGIN = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """How long each kind of object is retained; None: forever."""

    payloads: timedelta
    records: timedelta | None = None  # for ended batches and jobs, and their webhooks
    logs: timedelta | None = None
    outputs: timedelta | None = None
    renders: timedelta | None = None  # that are stored for equal jobs


@dataclass(frozen=True, kw_only=True)
class SweepActivities:
    client: Client
    store: ObjectStore
    lifetimes: Lifetimes
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    most_removals: int = _MAX_REMOVALS

    @activity.defn(name=SWEEP)
    async def sweep(self) -> SweepReport:
        removal = Removal(self.store, self.most_removals, activity.heartbeat)
        report = SweepReport()
        for team in await names_in(self.store, keys.TEAMS):
            report = _sum(report, await self._sweep_team(team, removal))
            if removal.exhausted:
                break
        report = report.model_copy(update={"complete": not removal.exhausted})
        log.info("swept the object store", **report.model_dump())
        return report

    async def _sweep_team(self, team: str, removal: Removal) -> SweepReport:
        now, lifetimes = self.now(), self.lifetimes
        return SweepReport(
            payloads=await self._sweep_payloads(team, now - lifetimes.payloads, removal),
            idempotency_records=await removal.older_than(
                keys.idempotency(team), now - idempotency.RETENTION
            ),
            records=await self._sweep_records(team, lifetimes.records, removal),
            logs=await self._sweep_old(keys.job_logs(team), lifetimes.logs, removal),
            outputs=await self._sweep_old(keys.outputs(team), lifetimes.outputs, removal)
            + await self._sweep_old(keys.previews(team), _PREVIEW_LIFETIME, removal),
            renders=await self._sweep_old(keys.cached_renders(team), lifetimes.renders, removal),
            segments=await self._sweep_old(keys.segments(team), _SEGMENT_LIFETIME, removal),
            uploads=await self._sweep_replaced_templates(team, removal)
            + await self._sweep_uploaded_files(team, removal)
            + await self._sweep_old(keys.fetched_tables(team), _UPLOAD_TIME, removal),
        )

    async def _sweep_payloads(self, team: str, moment: datetime, removal: Removal) -> int:
        removed = 0
        for name in await names_in(self.store, keys.payloads(team)):
            day = _day(name)
            if day is None or _end_of(day) > moment:
                continue
            folder = keys.payloads_of_day(team, day)
            if not await has_objects(self.store, folder):
                continue
            if await self._has_workflows_from_before(team, _end_of(day) + _MARGIN):
                break  # so do all later days
            removed += await removal.folder(folder)
        return removed

    async def _sweep_replaced_templates(self, team: str, removal: Removal) -> int:
        """Remove files of templates that newer files have replaced.

        Accepted jobs use the file of their submission, and so do their retries. The file therefore
        stays while Temporal has a workflow of the team, open or ended, from before its replacement.
        """
        removed = 0
        for template_id in await names_in(self.store, keys.templates(team)):
            current = await self._current_upload(team, template_id)
            if current is None:
                continue
            replaced_at = current.last_modified
            if replaced_at > self.now() - idempotency.RETENTION - _MARGIN:
                continue
            others = keys.template_source(team, template_id, "")

            def is_older(
                found: "ObjectMeta", current: StoredFile = current, others: str = others
            ) -> bool:
                path = found["path"]  # files converted from the current one begin with its key
                is_upload = path.startswith(others) and not path.startswith(current.key)
                return is_upload and found["last_modified"] < current.last_modified

            folder = keys.template(team, template_id)
            if not await has_objects(self.store, folder, is_older):
                continue
            if not await self._has_workflows_from_before(team, replaced_at + _MARGIN):
                removed += await removal.remove(folder, is_older)
        return removed

    async def _current_upload(self, team: str, template_id: str) -> StoredFile | None:
        try:
            record = await read_template(self.store, team, template_id)
        except ValidationError as error:  # only the old uploads of this template are not removed
            log.warning(
                "the record of a template cannot be read",
                team=team,
                template=template_id,
                problems=error.error_count(),
            )
            return None
        if record is None or record.source is None:
            return None
        return await find_file(self.store, record.source)

    async def _sweep_uploaded_files(self, team: str, removal: Removal) -> int:
        """Remove files whose last use was before all of the team's workflows, open or ended."""
        removed = await self._sweep_old(keys.arriving_uploads(team), _UPLOAD_TIME, removal)
        uploads = [
            (await used_at(self.store, team, upload_id), upload_id)
            for upload_id in await names_in(self.store, keys.uploads(team))
        ]
        for moment, upload_id in sorted(uploads):
            if moment > self.now() - idempotency.RETENTION - _MARGIN or removal.exhausted:
                break
            if not await has_objects(self.store, keys.upload(team, upload_id)):
                continue
            if await self._has_workflows_from_before(team, moment + _MARGIN):
                break  # so do all files used later
            number = await remove_unused(self.store, team, upload_id, since=moment)
            removal.note(number)
            removed += number
        return removed

    async def _sweep_records(self, team: str, lifetime: timedelta | None, removal: Removal) -> int:
        """Remove old records, unless a workflow is open that may need the record of its webhook."""
        if lifetime is None:
            return 0
        moment = self.now() - lifetime
        if await self._has_workflows_from_before(team, moment + _MARGIN, _OPEN):
            return 0
        removed = await self._sweep_batches(team, moment, removal)
        for folder in (
            keys.rejected_batches(team),
            keys.single_jobs(team),
            keys.nested_jobs(team),
            keys.webhooks(team),
        ):
            removed += await removal.older_than(folder, moment)
        return removed

    async def _sweep_batches(self, team: str, moment: datetime, removal: Removal) -> int:
        """Remove everything about a batch at once, from its beginning and from its end."""
        young = await names_modified_since(self.store, keys.batches(team), moment)

        def is_old(found: "ObjectMeta") -> bool:
            is_of_young = not young.isdisjoint(_BATCH_ID.findall(found["path"]))
            return found["last_modified"] < moment and not is_of_young

        folders = (keys.batches(team), keys.batch_tags(team))
        return sum([await removal.remove(folder, is_old) for folder in folders])

    async def _sweep_old(self, folder: str, lifetime: timedelta | None, removal: Removal) -> int:
        return await removal.older_than(folder, self.now() - lifetime) if lifetime else 0

    async def _has_workflows_from_before(
        self, team: str, moment: datetime, *conditions: str
    ) -> bool:
        """Whether Temporal has a workflow of the team, open or ended, that started by then."""
        activity.heartbeat()
        conditions = (f"StartTime < '{rfc3339(moment)}'", *conditions)
        if team != NO_TEAM:
            conditions = (f"{TEAM.name} = '{team}'", *conditions)
        found = await self.client.count_workflows(" AND ".join(conditions))
        return found.count > 0


async def schedule_sweeps(client: Client) -> None:
    """Create the schedule that starts the sweeps.

    An existing one is left as it is, since operators may have changed or paused it. If the server
    rejects the schedule, the worker runs without sweeps.
    """
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            SweepWorkflow.run,
            id=SCHEDULE_ID,
            task_queue=CONTROL_TASK_QUEUE,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=_INTERVAL)]),
        policy=SchedulePolicy(catchup_window=_INTERVAL),
    )
    try:
        await client.create_schedule(SCHEDULE_ID, schedule)
    except ScheduleAlreadyRunningError:
        return
    except RPCError as error:
        log.warning("no schedule for sweeps: old objects will not be removed", reason=error.message)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _sum(one: SweepReport, other: SweepReport) -> SweepReport:
    numbers = other.model_dump(exclude={"complete"})
    return one.model_copy(
        update={name: getattr(one, name) + number for name, number in numbers.items()}
    )
