"""A run of a schedule: which one it is, and what its activities tell each other."""

from reelbatch.models.wire.base import RecordModel, WireModel
from reelbatch.models.wire.schedules import ScheduleRun


class ScheduledRun(WireModel):
    """The input of `fetch_table`: one time that a schedule came due."""

    team: str
    schedule_id: str
    run_id: str  # of the workflow: what is made for it is made once


class FetchedTable(RecordModel):
    """The result of `fetch_table`, and the input of `submit_table`."""

    run: ScheduledRun
    source: str  # object key
    media_type: str  # text/csv, text/tab-separated-values, or that of XLSX


class SubmittedTable(RecordModel):
    """The result of `submit_table`, and the input of `await_batches`.

    Where a later part of the table fails, the failure's details have what was started before.
    `error` says why no row can be rendered, or why there are no further batches.
    """

    team: str
    batch_ids: list[str]
    jobs: int
    rejected_jobs: int
    error: str | None = None
    error_code: str | None = None


class EndedRun(WireModel):
    """The input of `record_run`: what came of the run, whose table is not needed any more."""

    run: ScheduledRun
    outcome: ScheduleRun
