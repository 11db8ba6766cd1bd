"""A schedule as it is kept, beside Temporal's own, which has the times alone."""

from reelbatch.models.wire.base import RecordModel, Timestamp
from reelbatch.models.wire.schedules import ScheduleCreation, ScheduleRun


class ScheduleRecord(RecordModel):
    """What a schedule makes. Its URL is kept here alone, since it may be a credential."""

    id: str
    team: str
    created_at: Timestamp
    creation: ScheduleCreation


class ScheduleRuns(RecordModel):
    runs: list[ScheduleRun] = []  # the last ones, newest first
