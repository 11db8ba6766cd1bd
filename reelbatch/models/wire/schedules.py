"""Schedules: batches that are made again and again, of the table that is at a URL by then."""

import json
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from reelbatch.models.wire.assets import MAX_ASSETS
from reelbatch.models.wire.base import NOT_BOOLEAN, Absent, AnyOf, RecordModel, Timestamp, WireModel
from reelbatch.models.wire.jobs import Name
from reelbatch.models.wire.render_settings import Poster

MAX_SCHEDULES = 100
"""Of a team."""

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
    """The body of POST /schedules. What is said of rows is said as in the query of POST /batches.

    The times are Temporal's own to check, and so is their time zone.
    """

    name: Name
    """What people call the schedule, and the batches that it makes."""
    cron: Cron = Field(description="Five fields, or @daily and the like.")
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        "UTC", description="As in the IANA's database, such as Europe/Berlin."
    )
    url: Annotated[str, StringConstraints(min_length=1, max_length=8192)] = Field(
        description="Where the table is: CSV or XLSX, by http or https. It may name secrets."
    )
    template: str = Field(min_length=1, max_length=100, description="Of all rows.")
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
    webhook: str | None = Field(None, description="The URL that is called at each batch's end.")

    @property
    def of_batch(self) -> dict[str, Any]:
        """What holds for each batch, by the names that the query of POST /batches has for it."""
        poster = None if self.poster is None else json.dumps(self.poster)  # true and not 1.0
        return {**self.model_dump(exclude={"cron", "time_zone", "url"}), "poster": poster}


class ScheduleRun(RecordModel):
    """One time that a schedule came due, or was triggered, and what came of it."""

    started_at: Timestamp
    batch_ids: AnyOf[str] = []  # several of a table of more than 1,000 rows
    jobs: int = 0  # that were accepted
    rejected_jobs: int = 0
    error: Absent[str] = None  # why there is no batch, or none that renders anything
    error_code: Absent[str] = None


class Schedule(WireModel):
    """A schedule as the endpoints answer it."""

    id: str
    name: str
    cron: str
    time_zone: str
    url: str  # without its query, which may be secret
    template: str
    created_at: Timestamp
    paused: bool
    running: bool  # until the batches of the last run have ended; what comes due then is skipped
    next_run_at: Absent[Timestamp] = None
    skipped: int = 0  # times that came due while an earlier run was under way
    runs: list[ScheduleRun]  # the last 10 that have got as far as their batches, newest first
