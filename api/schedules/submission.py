"""Tables of schedules become batches here, by the code that makes those of POST /batches.

API processes know how to do that, and workers do not: so each API process takes what is due from a
task queue of its own.
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

_AT_ONCE = 2  # tables, whose memory is a multiple of their bytes


@asynccontextmanager
async def submitting_tables(resources: Resources) -> AsyncGenerator[None]:
    """Make batches of what schedules have fetched, while the context lasts.

    Several APIs may run in one process, and a connection serves a queue only once: so this has one
    of its own. Raises RuntimeError if Temporal does not answer.
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
    """The API can do everything else without it."""
    if not running.cancelled() and (error := running.exception()):
        log.error("no scheduled batches are made in this process any more", reason=str(error))


@dataclass(frozen=True)
class SubmissionActivities:
    resources: Resources

    @activity.defn(name=SUBMIT_TABLE)
    async def submit_table(self, table: FetchedTable) -> SubmittedTable:
        """The batches of the table, which are the same however often this runs."""
        batches: list[Batch] = []
        try:
            async for batch in self._submitted(table):
                batches.append(batch)
                activity.heartbeat(_begun(table, batches))
        except Exception as error:
            raise _failure(error, _begun(table, batches)) from error
        submitted = _begun(table, batches)
        if submitted.jobs:
            return submitted
        errors = [error for batch in batches for error in batch.errors]
        reason = {"error": rejection_summary(errors), "error_code": errors[0].error_code}
        return submitted.model_copy(update=reason)

    async def _submitted(self, table: FetchedTable) -> AsyncGenerator[Batch]:
        """Its batches, each as soon as it is started."""
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
        """The batch of the table that begins with this row; `submission` is the first one's id."""
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
    """What the query of POST /batches would say of the whole table."""
    return BatchQuery.model_validate({}).model_copy(update=creation.of_batch)


def _begun(table: FetchedTable, batches: Sequence[Batch]) -> SubmittedTable:
    return SubmittedTable(
        team=table.run.team,
        batch_ids=[batch.id for batch in batches],
        jobs=sum(len(batch.jobs) for batch in batches),
        rejected_jobs=sum(len(batch.errors) for batch in batches),
    )


def _failure(error: Exception, begun: SubmittedTable) -> ApplicationError:
    """What is wrong with the table stays so; all else may pass. `begun` are its details."""
    is_final = isinstance(error, RequestError | ScheduleNotFound)
    known = _known(error)
    return ApplicationError(
        known.message,
        begun,
        type=known.error_code,
        non_retryable=is_final,
        category=(
            ApplicationErrorCategory.BENIGN if is_final else ApplicationErrorCategory.UNSPECIFIED
        ),
    )


def _known(error: Exception) -> ReelbatchError:
    """With words that do not say where the service keeps its things."""
    match error:
        case ReelbatchError():
            return error
        case RPCError():
            return temporal_unavailable(error)
        case ObjectStoreError():
            return store_unavailable(error)
        case _:
            return ReelbatchError()
