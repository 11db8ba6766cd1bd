"""Schedules: batches created at regular times from the table that a URL has by then."""

import json
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from reelbatch.models.wire.assets import MAX_ASSETS
from reelbatch.models.wire.base import (
    NOT_BOOLEAN,
    Absent,
    ListOrAbsent,
    RecordModel,
    Timestamp,
    WireModel,
)
from reelbatch.models.wire.jobs import Name
from reelbatch.models.wire.render_settings import Poster

MAX_SCHEDULES = 100
"""Schedules per team."""

RUNS_SHOWN = 10

_CRON = re.compile(r"@(hourly|daily|weekly|monthly|yearly)|\S+( \S+){4}")


def _checked_cron(cron: str) -> str:
    cron = " ".join(cron.split())
    if not _CRON.fullmatch(cron):
        raise ValueError(
            "must be a cron expression of five fields (minute, hour, day of the month, month, day "
            "of the week), such as 30 6 * * MON-FRI, or @hourly, @daily, @weekly, @monthly, @yearly"
        )
    return cron


Cron = Annotated[str, Field(max_length=200), AfterValidator(_checked_cron)]


class ScheduleCreation(WireModel):
    """The body of POST /schedules. The options for rows are those of the query of POST /batches.

    Temporal itself validates the times and their time zone.
    """

    name: Name
    """The name of the schedule, and of the batches that it creates."""
    cron: Cron = Field(description="Five fields, or a shorthand such as @daily.")
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        "UTC", description="A name from the IANA time zone database, such as Europe/Berlin."
    )
    url: Annotated[str, StringConstraints(min_length=1, max_length=8192)] = Field(
        description="The http or https URL of a CSV or XLSX table. It may contain secrets."
    )
    template: str = Field(
        min_length=1, max_length=100, description="The id of the template of all rows."
    )
    composition: str | None = None
    codec: str | None = None
    frame: Annotated[int, Field(ge=0, le=999_999_999), NOT_BOOLEAN] | None = None
    poster: Poster = None
    quality: Literal["full", "draft"] | None = None
    autofit: bool = False
    output_name: Annotated[str, Field(max_length=1000)] | None = None
    strict: bool = False
    mapping: Annotated[list[str], Field(max_length=MAX_ASSETS, alias="map")] = []
    concurrency: Annotated[int, Field(ge=1, le=1000), NOT_BOOLEAN] | None = None
    webhook: str | None = Field(None, description="The URL to call when a batch has ended.")

    @property
    def of_batch(self) -> dict[str, Any]:
        """The options of each batch, as in the query of POST /batches."""
        poster = None if self.poster is None else json.dumps(self.poster)  # true and not 1.0
        return {**self.model_dump(exclude={"cron", "time_zone", "url"}), "poster": poster}


class ScheduleRun(RecordModel):
    """The outcome of one run of a schedule, whether it came due or was triggered."""

    started_at: Timestamp
    batch_ids: ListOrAbsent[str] = []  # several if the table has more than 1,000 rows
    jobs: int = 0  # accepted ones
    rejected_jobs: int = 0
    error: Absent[str] = None  # why there is no batch, or no batch that renders anything
    error_code: Absent[str] = None


class Schedule(WireModel):
    """A schedule as the endpoints return it."""

    id: str
    name: str
    cron: str
    time_zone: str
    url: str  # without its query, which may be secret
    template: str
    created_at: Timestamp
    paused: bool
    running: bool  # until the batches of the last run have ended; runs due until then are skipped
    next_run_at: Absent[Timestamp] = None
    skipped: int = 0  # runs that came due while an earlier one was in progress
    runs: list[ScheduleRun]  # the last 10 that got as far as their batches, newest first
