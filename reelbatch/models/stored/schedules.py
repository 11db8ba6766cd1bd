"""The stored record of a schedule; Temporal's own schedule only has its times."""

from reelbatch.models.wire.base import RecordModel, Timestamp
from reelbatch.models.wire.schedules import ScheduleCreation, ScheduleRun


class ScheduleRecord(RecordModel):
    """The batches that a schedule creates. Its URL is stored only here, since it may be secret."""

    id: str
    team: str
    created_at: Timestamp
    creation: ScheduleCreation


class ScheduleRuns(RecordModel):
    runs: list[ScheduleRun] = []  # the latest ones, newest first
