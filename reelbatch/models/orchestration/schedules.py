"""Runs of schedules: the inputs and results of their activities."""

from reelbatch.models.wire.base import RecordModel, WireModel
from reelbatch.models.wire.schedules import ScheduleRun


class ScheduledRun(WireModel):
    """The input of `fetch_table`: one run of a schedule."""

    team: str
    schedule_id: str
    run_id: str  # of the workflow; it makes retries create everything only once


class FetchedTable(RecordModel):
    """The result of `fetch_table`, and the input of `submit_table`."""

    run: ScheduledRun
    source: str  # object key
    media_type: str  # text/csv, text/tab-separated-values or the type of XLSX


class SubmittedTable(RecordModel):
    """The result of `submit_table`, and the input of `await_batches`.

    If a later part of the table fails, the failure's details contain the batches started before.
    `error` says why no row can be rendered, or why there are no further batches.
    """

    team: str
    batch_ids: list[str]
    jobs: int
    rejected_jobs: int
    error: str | None = None
    error_code: str | None = None


class EndedRun(WireModel):
    """The input of `record_run`: the outcome of a run, whose table is no longer needed."""

    run: ScheduledRun
    outcome: ScheduleRun
