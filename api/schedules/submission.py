"""Turns the tables of schedules into batches, with the same code as POST /batches.

Only API processes can do that, not workers. So each API process also polls a task queue for tables
that have been fetched.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from obstore.exceptions import BaseError as ObjectStoreError
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError
from temporalio.worker import Worker

from api.batches.creation import rejection_summary, submit_batch
from api.http.errors import store_unavailable, temporal_unavailable
from api.resources import Resources, urls_of
from api.submission.bodies import Body
from api.submission.formats import BatchQuery
from reelbatch.connection import connect
from reelbatch.models.errors import ReelbatchError, RequestError, ScheduleNotFound
from reelbatch.models.ids import MAX_BATCH_JOBS
from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.orchestration.names import SUBMISSION_TASK_QUEUE
from reelbatch.models.orchestration.schedules import FetchedTable, SubmittedTable
from reelbatch.models.stored.idempotency import BatchSubmission
from reelbatch.models.stored.schedules import ScheduleRecord
from reelbatch.models.wire.schedules import ScheduleCreation
from reelbatch.storage.objects import read_bytes
from reelbatch.storage.schedules import read_schedule
from reelbatch.telemetry import tracing
from workflows.activity_names import SUBMIT_TABLE

log = structlog.get_logger("api")

_AT_ONCE = 2  # tables, which need a multiple of their bytes in memory


@asynccontextmanager
async def submitting_tables(resources: Resources) -> AsyncGenerator[None]:
    """Make batches of the tables that schedules have fetched, while the context lasts.

    It opens its own connection: several APIs may run in one process, and a connection can only poll
    a queue once. Raises RuntimeError if Temporal does not respond.
    """
    client = await connect(resources.settings, resources.store, interceptors=tracing.interceptors())
    worker = Worker(
        client,
        task_queue=SUBMISSION_TASK_QUEUE,
        activities=[SubmissionActivities(resources).submit_table],
        max_concurrent_activities=_AT_ONCE,
        max_concurrent_activity_task_polls=1,
    )
    running = asyncio.create_task(worker.run())
    running.add_done_callback(_note_end)
    yield
    await worker.shutdown()


def _note_end(running: "asyncio.Task[None]") -> None:
    """Log a failure; the API continues, because everything else works without this worker."""
    if not running.cancelled() and (error := running.exception()):
        log.error("this process no longer creates scheduled batches", reason=str(error))


@dataclass(frozen=True)
class SubmissionActivities:
    resources: Resources

    @activity.defn(name=SUBMIT_TABLE)
    async def submit_table(self, table: FetchedTable) -> SubmittedTable:
        """Create the batches of the table; running this again creates no others."""
        batches: list[Batch] = []
        try:
            async for batch in self._submitted(table):
                batches.append(batch)
                activity.heartbeat(_started(table, batches))
        except Exception as error:
            raise _failure(error, _started(table, batches)) from error
        submitted = _started(table, batches)
        if submitted.jobs:
            return submitted
        errors = [error for batch in batches for error in batch.errors]
        reason = {"error": rejection_summary(errors), "error_code": errors[0].error_code}
        return submitted.model_copy(update=reason)

    async def _submitted(self, table: FetchedTable) -> AsyncGenerator[Batch]:
        """The table's batches, each as soon as it has started."""
        run, store = table.run, self.resources.store
        schedule = await read_schedule(store, run.team, run.schedule_id)
        content = await read_bytes(store, table.source)
        if schedule is None or content is None:
            raise ScheduleNotFound("The schedule was deleted before its table was read.")
        body = Body(content=content, media_type=table.media_type)
        first = await self._part(table, schedule, body, 0)
        yield first.batch
        for first_row in range(MAX_BATCH_JOBS, first.total_rows or 0, MAX_BATCH_JOBS):
            yield (await self._part(table, schedule, body, first_row, first.batch.id)).batch

    async def _part(
        self,
        table: FetchedTable,
        schedule: ScheduleRecord,
        body: Body,
        first_row: int,
        submission: str | None = None,
    ) -> BatchSubmission:
        """The batch that begins with this row; `submission` is the id of the first batch."""
        place = {"first_row": first_row, "submission": submission}
        query = query_of(schedule.creation).model_copy(update=place)
        identity = f"{schedule.id}/{table.run.run_id}/{first_row}".encode()
        attempt = await submit_batch(
            self.resources,
            table.run.team,
            urls_of(self.resources),
            body,
            query,
            key=hashlib.sha256(identity).hexdigest(),
            identity=identity,
            schedule=schedule.id,
        )
        return attempt.decided


def query_of(creation: ScheduleCreation) -> BatchQuery:
    """The equivalent query of POST /batches for the whole table."""
    return BatchQuery.model_validate({}).model_copy(update=creation.of_batch)


def _started(table: FetchedTable, batches: Sequence[Batch]) -> SubmittedTable:
    return SubmittedTable(
        team=table.run.team,
        batch_ids=[batch.id for batch in batches],
        jobs=sum(len(batch.jobs) for batch in batches),
        rejected_jobs=sum(len(batch.errors) for batch in batches),
    )


def _failure(error: Exception, started: SubmittedTable) -> ApplicationError:
    """Errors in the table are final, and all others may pass. `started` becomes the details."""
    is_final = isinstance(error, RequestError | ScheduleNotFound)
    public = _public_error(error)
    return ApplicationError(
        public.message,
        started,
        type=public.error_code,
        non_retryable=is_final,
        category=(
            ApplicationErrorCategory.BENIGN if is_final else ApplicationErrorCategory.UNSPECIFIED
        ),
    )


def _public_error(error: Exception) -> ReelbatchError:
    """An error whose message does not reveal where the service stores its data."""
    match error:
        case ReelbatchError():
            return error
        case RPCError():
            return temporal_unavailable(error)
        case ObjectStoreError():
            return store_unavailable(error)
        case _:
            return ReelbatchError()
