"""Runs of schedules, on the time-skipping server."""

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from reelbatch.models.orchestration.jobs import RenderJob, RenderResult
from reelbatch.models.orchestration.schedules import FetchedTable, ScheduledRun, SubmittedTable
from reelbatch.models.wire.schedules import ScheduleRun
from tests.workflows.workbench import SCHEDULE, SCHEDULED, Workbench, finished


async def finish(job: RenderJob) -> RenderResult:
    return finished(job)


async def ended(workbench: Workbench) -> ScheduleRun | None:
    async with workbench.worker(finish):
        return await (await workbench.start_scheduled()).result()


async def test_a_run_is_recorded_at_once_and_lasts_as_long_as_its_batches(
    skipping_workbench: Workbench,
) -> None:
    attempts: list[int] = []

    async def still_open() -> None:
        assert [each.outcome.batch_ids for each in skipping_workbench.runs] == [[SCHEDULED]]
        attempts.append(activity.info().attempt)
        if len(attempts) < 20:
            raise ApplicationError("it is still running")

    skipping_workbench.await_batches = still_open
    run = await ended(skipping_workbench)
    assert attempts == list(range(1, 21))
    [noted] = skipping_workbench.runs
    assert (noted.run.team, noted.run.schedule_id) == ("team", SCHEDULE)
    assert noted.outcome == run
    assert (run and run.jobs, run and run.rejected_jobs) == (3, 1)


async def test_an_unreadable_table_is_the_error_of_the_run(
    skipping_workbench: Workbench,
) -> None:
    async def refuse(_table: FetchedTable) -> SubmittedTable:
        raise ApplicationError("no such column", type="VALIDATION_ERROR", non_retryable=True)

    skipping_workbench.submit_table = refuse
    with pytest.raises(WorkflowFailureError):
        await ended(skipping_workbench)
    [noted] = skipping_workbench.runs
    outcome = noted.outcome
    assert (outcome.error, outcome.error_code) == ("no such column", "VALIDATION_ERROR")


async def test_batches_started_before_a_later_part_failed_are_recorded_and_awaited(
    skipping_workbench: Workbench,
) -> None:
    async def refuse(table: FetchedTable) -> SubmittedTable:
        begun = SubmittedTable(
            team=table.run.team, batch_ids=[SCHEDULED], jobs=1000, rejected_jobs=0
        )
        raise ApplicationError("too many bytes", begun, type="QUOTA_EXCEEDED", non_retryable=True)

    async def still_open() -> None:
        if activity.info().attempt < 3:
            raise ApplicationError("it is still running")
        awaited.append(skipping_workbench.runs[0].outcome.batch_ids)

    awaited: list[list[str]] = []
    skipping_workbench.submit_table = refuse
    skipping_workbench.await_batches = still_open
    with pytest.raises(WorkflowFailureError):
        await ended(skipping_workbench)
    assert awaited == [[SCHEDULED]]
    [noted] = skipping_workbench.runs
    assert (noted.outcome.jobs, noted.outcome.error_code) == (1000, "QUOTA_EXCEEDED")


async def test_a_submission_over_the_teams_limit_is_retried_for_an_hour(
    skipping_workbench: Workbench,
) -> None:
    attempts: list[int] = []

    async def refuse(_table: FetchedTable) -> SubmittedTable:
        attempts.append(activity.info().attempt)
        raise ApplicationError("too many jobs", type="TOO_MANY_REQUESTS")

    skipping_workbench.submit_table = refuse
    with pytest.raises(WorkflowFailureError):
        await ended(skipping_workbench)
    assert len(attempts) > 50
    assert skipping_workbench.runs[0].outcome.error_code == "TOO_MANY_REQUESTS"


async def test_a_deleted_schedule_creates_no_batch(skipping_workbench: Workbench) -> None:
    async def find_none(_run: ScheduledRun) -> None:
        return None

    skipping_workbench.fetch_table = find_none
    assert await ended(skipping_workbench) is None
    assert skipping_workbench.runs == []
