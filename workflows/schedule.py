"""One run of a schedule: its table is fetched, and the rows become batches."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.errors import Unavailable
    from reelbatch.models.orchestration import search_attributes
    from reelbatch.models.orchestration.jobs import JobFailure
    from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE, SUBMISSION_TASK_QUEUE
    from reelbatch.models.orchestration.schedules import (
        EndedRun,
        FetchedTable,
        ScheduledRun,
        SubmittedTable,
    )
    from reelbatch.models.wire.schedules import ScheduleRun
    from workflows.activity_names import AWAIT_BATCHES, FETCH_TABLE, RECORD_RUN, SUBMIT_TABLE
    from workflows.job import failure_of

# The download itself is limited by REELBATCH_DOWNLOAD_TIMEOUT; the rest is for the object store.
_FETCH_TIMEOUT = timedelta(minutes=15)
# Time for the API to come back, or for the team to drop below its limit of open jobs.
_SUBMISSION_TIMEOUT = timedelta(hours=1)


@workflow.defn(name="ScheduledBatch")
class ScheduledBatchWorkflow:
    """Lasts until its batches have ended, so that Temporal skips runs that come due until then.

    It has no input: that would be as old as the schedule, and encrypted with the keys of that time.
    Its search attributes identify the team and the schedule.
    """

    @workflow.run
    async def run(self) -> ScheduleRun | None:
        """Run the schedule once. Returns None if it has been deleted."""
        run, started_at = _this_run(), workflow.now()
        failed: ActivityError | None = None
        try:
            table = await _fetch(run)
            if table is None:
                return None
            submitted = await _submit(table)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            failed, submitted = error, _submitted_before(error, run)
        outcome = _outcome(submitted, started_at)
        await _record(run, outcome)
        if submitted.batch_ids:
            await _await_end(submitted)
        if failed is not None:
            raise ApplicationError(
                outcome.error or "", type=outcome.error_code, non_retryable=True
            ) from failed
        return outcome


def _submitted_before(error: ActivityError, run: ScheduledRun) -> SubmittedTable:
    """The batches that had been submitted when the activity failed, and the reason for it."""
    cause, details = error.cause, ()
    if error.activity_type == SUBMIT_TABLE and isinstance(cause, ApplicationError):
        details = cause.details
    elif error.activity_type == SUBMIT_TABLE and isinstance(cause, ActivityTimeoutError):
        details = cause.last_heartbeat_details
    submitted = (
        SubmittedTable.model_validate(details[0])
        if details
        else SubmittedTable(team=run.team, batch_ids=[], jobs=0, rejected_jobs=0)
    )
    failure = _failure_of(error)
    return submitted.model_copy(update={"error": failure.error, "error_code": failure.error_code})


def _failure_of(error: ActivityError) -> JobFailure:
    if isinstance(error.cause, ActivityTimeoutError):
        return JobFailure(
            error="No worker or API process handled the table in time. Trigger the schedule again.",
            error_code=Unavailable.error_code,
        )
    return failure_of(error)


def _this_run() -> ScheduledRun:
    info = workflow.info()
    attributes = info.typed_search_attributes
    tags = attributes.get(search_attributes.TAGS) or ()
    return ScheduledRun(
        team=attributes[search_attributes.TEAM],
        schedule_id=search_attributes.schedule_in(tags) or "",
        run_id=info.run_id,
    )


async def _fetch(run: ScheduledRun) -> FetchedTable | None:
    return await workflow.execute_activity(
        FETCH_TABLE,
        run,
        result_type=FetchedTable | None,  # pyright: ignore[reportArgumentType]  the SDK takes unions
        task_queue=CONTROL_TASK_QUEUE,
        start_to_close_timeout=_FETCH_TIMEOUT,
        heartbeat_timeout=timedelta(seconds=30),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=2), backoff_coefficient=3.0, maximum_attempts=5
        ),
        priority=Priority(fairness_key=run.team),
    )


async def _submit(table: FetchedTable) -> SubmittedTable:
    return await workflow.execute_activity(
        SUBMIT_TABLE,
        table,
        result_type=SubmittedTable,
        task_queue=SUBMISSION_TASK_QUEUE,
        schedule_to_close_timeout=_SUBMISSION_TIMEOUT,
        heartbeat_timeout=timedelta(minutes=2),
        retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
        priority=Priority(fairness_key=table.run.team),
    )


def _outcome(submitted: SubmittedTable, started_at: datetime) -> ScheduleRun:
    return ScheduleRun(
        started_at=started_at,
        batch_ids=submitted.batch_ids,
        jobs=submitted.jobs,
        rejected_jobs=submitted.rejected_jobs,
        error=submitted.error,
        error_code=submitted.error_code,
    )


async def _record(run: ScheduledRun, outcome: ScheduleRun) -> None:
    """Record the outcome, retrying for as long as the object store is unavailable."""
    await workflow.execute_activity(
        RECORD_RUN,
        EndedRun(run=run, outcome=outcome),
        task_queue=CONTROL_TASK_QUEUE,
        start_to_close_timeout=timedelta(minutes=1),
        retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
        priority=Priority(fairness_key=run.team),
    )


async def _await_end(submitted: SubmittedTable) -> None:
    """Wait by retrying an activity, because its attempts add nothing to the history."""
    await workflow.execute_activity(
        AWAIT_BATCHES,
        submitted,
        task_queue=CONTROL_TASK_QUEUE,
        start_to_close_timeout=timedelta(minutes=1),
        retry_policy=RetryPolicy(backoff_coefficient=1.5, maximum_interval=timedelta(seconds=30)),
        priority=Priority(fairness_key=submitted.team),
    )
