"""GET /jobs: the team's jobs, filtered, sorted and paginated.

Visibility can neither sort nor skip, but ids make both possible: they are ordered by time, and the
jobs of a batch follow its id. So batches and single jobs are put in the order of their ids, the
batches' counts show which of them come before the page, and only those on the page are read.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Query, Response
from temporalio.client import WorkflowExecution
from temporalio.service import RPCError

from api.http.errors import documented
from api.http.responses import respond_all
from api.jobs.filters import JobListing, JobSort
from api.jobs.reading import job_response, read_state, read_summary
from api.resources import MayReadJobs, RequestUrls, Resources, Shared
from api.snapshots import is_unknown, jobs_of
from api.states import PROGRESS_MAX_AGE
from api.visibility import is_open
from reelbatch.models.errors import BatchNotFound, RequestError
from reelbatch.models.ids import created_at
from reelbatch.models.orchestration.jobs import JobSummary
from reelbatch.models.wire.batches import BatchStats
from reelbatch.models.wire.jobs import Job, JobStatus
from workflows.job_states import JobSnapshot

router = APIRouter(tags=["jobs"])

_PARALLEL_READS = 8


@router.get("/jobs", name="list_jobs", response_model=list[Job], responses=documented(RequestError))
async def get_jobs(
    resources: Shared,
    team: MayReadJobs,
    urls: RequestUrls,
    listing: Annotated[JobListing, Query()],
) -> Response:
    """List the team's jobs, filtered and sorted."""
    jobs = await list_jobs(resources, team, listing)
    without = ("stats",) if listing.minimal else ()
    return respond_all([job_response(team, job, urls) for job in jobs], without)


async def list_jobs(resources: Resources, team: str, listing: JobListing) -> list[JobSnapshot]:
    units = await _units(resources, team, listing)
    reader = _UnitReader(resources, team, listing)
    if listing.sort in (JobSort.RANDOM, JobSort.PRIORITY):
        page = await _sorted_page(reader, units, listing)
    else:
        page = await _page_by_id(reader, units, listing)
    return await reader.complete(page)


@dataclass(frozen=True)
class _ListedBatch:
    id: str
    stats: BatchStats
    closed: bool


@dataclass(frozen=True)
class _ListedJob:
    """A single job."""

    id: str
    summary: JobSummary
    execution: WorkflowExecution


_Unit = _ListedBatch | _ListedJob


_Entry = JobSnapshot | _ListedJob
"""An entry in the list. A single job's state is only fetched once it is on the page."""


async def _units(resources: Resources, team: str, listing: JobListing) -> list[_Unit]:
    """The batches and single jobs in the requested period, in the order of their ids."""
    units: list[_Unit] = []
    for execution in await resources.workflows.batches(team):
        batch_id = _last_part(execution.id)
        if listing.may_match_time(created_at(batch_id), execution.start_time):
            stats = await execution.memo_value("stats", BatchStats(), type_hint=BatchStats)
            units.append(_ListedBatch(batch_id, stats, closed=not is_open(execution)))
    for execution in await resources.workflows.single_jobs(team):
        summary = await read_summary(execution)
        if listing.matches_time(summary.created_at) and listing.matches_tags(summary):
            units.append(_ListedJob(_last_part(execution.id), summary, execution))
    return sorted(units, key=lambda unit: unit.id)


class _UnitReader:
    def __init__(self, resources: Resources, team: str, listing: JobListing) -> None:
        self._resources = resources
        self._team = team
        self._listing = listing
        self._gate = asyncio.Semaphore(_PARALLEL_READS)

    def count(self, unit: _Unit) -> int | None:
        """The number of the unit's entries; None if it must be read to find out."""
        listing = self._listing
        if isinstance(unit, _ListedJob):
            return 1 if listing.matches_all_states else None
        if listing.tags or listing.from_date or listing.to_date:
            return None
        if listing.matches_all_states:
            return unit.stats.total
        if not unit.closed or unit.stats.pending:
            return None
        numbers = {
            JobStatus.FINISHED: unit.stats.finished,
            JobStatus.CANCELLED: unit.stats.cancelled,
            JobStatus.ERROR: unit.stats.failed,
        }
        return sum(number for status, number in numbers.items() if listing.matches_state(status))

    async def entries(self, unit: _Unit) -> Sequence[_Entry]:
        """The unit's jobs that match the listing, in the order of their ids."""
        if isinstance(unit, _ListedJob):
            return await self._single_entry(unit)
        async with self._gate:
            try:
                batches = self._resources.batches
                snapshot = await batches.read(self._team, unit.id, PROGRESS_MAX_AGE)
            except BatchNotFound:  # it has been deleted since it was listed
                return []
        if not self._listing.matches_time(snapshot.created_at):
            return []
        jobs = [job for job in jobs_of(snapshot) if self._listing.matches_tags(job.summary)]
        return [job for job in jobs if self._listing.matches_state(job.state.status)]

    async def _single_entry(self, unit: _ListedJob) -> Sequence[_Entry]:
        if self._listing.matches_all_states:
            return [unit]
        job = await self._read_single(unit)
        return [job] if job and self._listing.matches_state(job.state.status) else []

    async def complete(self, entries: Sequence[_Entry]) -> list[JobSnapshot]:
        """Fetch the states of single jobs, which are still missing from the page's entries."""
        found = await asyncio.gather(*map(self._complete, entries))
        return [job for job in found if job is not None]

    async def _complete(self, entry: _Entry) -> JobSnapshot | None:
        return await self._read_single(entry) if isinstance(entry, _ListedJob) else entry

    async def _read_single(self, unit: _ListedJob) -> JobSnapshot | None:
        async with self._gate:
            try:
                state = await read_state(self._resources, self._team, unit.execution, unit.summary)
            except RPCError as error:
                if is_unknown(error):  # it has been deleted since it was listed
                    return None
                raise
        return JobSnapshot(id=unit.id, batch_id=None, summary=unit.summary, state=state)


async def _page_by_id(reader: _UnitReader, units: list[_Unit], listing: JobListing) -> list[_Entry]:
    newest_first = listing.sort is JobSort.NEWEST_FIRST
    to_skip = listing.offset
    page: list[_Entry] = []
    for unit in reversed(units) if newest_first else units:
        count = reader.count(unit)
        if count is not None and count <= to_skip:
            to_skip -= count
            continue
        entries = await reader.entries(unit)
        page += (entries[::-1] if newest_first else entries)[to_skip:]
        to_skip = max(0, to_skip - len(entries))
        if len(page) >= listing.limit:
            break
    return page[: listing.limit]


async def _sorted_page(
    reader: _UnitReader, units: list[_Unit], listing: JobListing
) -> list[_Entry]:
    """A page in an order that does not follow from ids, so everything must be read."""
    found = await asyncio.gather(*map(reader.entries, units))
    entries = [entry for unit in found for entry in unit]
    if listing.sort is JobSort.RANDOM:  # the order stays the same for a day, for pagination
        today = datetime.now(UTC).date().isoformat()
        entries.sort(key=lambda entry: sha256(f"{today} {entry.id}".encode()).digest())
    else:
        entries.sort(key=lambda entry: (-entry.summary.priority, entry.id))
    return entries[listing.offset : listing.offset + listing.limit]


def _last_part(workflow_id: str) -> str:
    return workflow_id.rsplit("/", 1)[-1]
