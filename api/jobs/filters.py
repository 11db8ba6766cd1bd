"""The query parameters of GET /jobs (contract 3.8)."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from api.http.parameters import ErrorText, Flag, OrEmpty
from reelbatch.models.orchestration.jobs import JobSummary
from reelbatch.models.wire.jobs import JobStatus

# No job is older or newer, and some dates outside this range cannot be written in UTC.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_EXAMPLE_STATES = f"{JobStatus.FINISHED},{JobStatus.ERROR}"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" ", "+"))  # in case a + was not escaped
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware, _EARLIEST), _LATEST)


_Moment = OrEmpty[
    Annotated[
        datetime, BeforeValidator(_moment), ErrorText("must be a date such as 2026-01-31T12:00:00Z")
    ]
]
_STATES = (*JobStatus, "processing")  # the last one appears in an example in the contract


def _states(text: str) -> str:
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in _STATES:
            reason = f"has the unknown state {word[:40]!r}: use {', '.join(_STATES)}"
            raise PydanticCustomError("error_text", "{text}", {"text": reason})
    return ",".join(words)


_States = OrEmpty[Annotated[str, AfterValidator(_states)]]
_Tags = OrEmpty[
    Annotated[
        str,
        Field(pattern="^[a-zA-Z0-9_-]+(,[a-zA-Z0-9_-]+)*$"),
        ErrorText("must be a comma-separated list of tags"),
    ]
]


def _statuses(words: str) -> set[JobStatus]:
    """The statuses among the words; `processing` means rendering."""
    named = words.replace("processing", JobStatus.RENDERING).split(",")
    return {status for status in JobStatus if status in named}


class JobSort(StrEnum):
    RANDOM = "random"
    NEWEST_FIRST = "newest_first"
    OLDEST_FIRST = "oldest_first"
    PRIORITY = "priority"


class JobListing(BaseModel):
    """The query of GET /jobs."""

    minimal: Flag = Field(False, description="Omit `stats`.")
    offset: int = Field(0, alias="from", ge=0, le=999_999_999, description="How many jobs to skip.")
    limit: int = Field(50, ge=1, le=1000, description="The maximum number of jobs to return.")
    from_date: _Moment = Field(None, description="Only jobs created at this time or later.")
    to_date: _Moment = Field(None, description="Only jobs created at this time or earlier.")
    states: _States = Field(
        None, description=f"Only jobs in one of these states, such as {_EXAMPLE_STATES}."
    )
    exclude_states: _States = Field(
        None, description=f"Only jobs in none of these states, such as {_EXAMPLE_STATES}."
    )
    tags: _Tags = Field(
        None, description="Only jobs with at least one of these tags, separated by commas."
    )
    sort: JobSort = Field(JobSort.OLDEST_FIRST, description="The order of the jobs.")

    def matches_time(self, created_at: datetime) -> bool:
        return self.may_match_time(created_at, created_at)

    def may_match_time(self, earliest: datetime, latest: datetime) -> bool:
        """Return whether a job created between these two moments may match."""
        after = self.from_date is None or latest >= self.from_date
        return after and (self.to_date is None or earliest <= self.to_date)

    def matches_state(self, status: JobStatus) -> bool:
        return status in self._matching_states

    def matches_tags(self, summary: JobSummary) -> bool:
        return not self.tags or not self._any_of_tags.isdisjoint(summary.tags)

    @property
    def matches_all_states(self) -> bool:
        return self._matching_states == set(JobStatus)

    @cached_property
    def _matching_states(self) -> set[JobStatus]:
        included = _statuses(self.states) if self.states else set(JobStatus)
        return included - _statuses(self.exclude_states or "")

    @cached_property
    def _any_of_tags(self) -> set[str]:
        return set(self.tags.split(",")) if self.tags else set()
