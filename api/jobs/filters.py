"""What a client asks of GET /jobs: its query parameters (contract 3.8)."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from api.http.parameters import ErrorText, Flag, OrEmpty
from reelbatch.models.orchestration.jobs import JobSummary
from reelbatch.models.wire.jobs import JobStatus

# No job is older or newer, and not every date beyond can be written in UTC.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_STATE_LIST = f"A comma-separated list, such as {JobStatus.FINISHED},{JobStatus.ERROR}."


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" ", "+"))  # a + that was not escaped
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware, _EARLIEST), _LATEST)


_Moment = OrEmpty[
    Annotated[
        datetime, BeforeValidator(_moment), ErrorText("must be a date such as 2026-01-31T12:00:00Z")
    ]
]
_STATES = (*JobStatus, "processing")  # the last is in an example of the contract


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
        ErrorText("must be a list of tags with commas"),
    ]
]


def _statuses(words: str) -> set[JobStatus]:
    """The named ones that there are; `processing` are those that render."""
    named = words.replace("processing", JobStatus.RENDERING).split(",")
    return {status for status in JobStatus if status in named}


class JobSort(StrEnum):
    RANDOM = "random"
    NEWEST_FIRST = "newest_first"
    OLDEST_FIRST = "oldest_first"
    PRIORITY = "priority"


class JobListing(BaseModel):
    """The query of GET /jobs."""

    minimal: Flag = Field(False, description="Leave `stats` out.")
    offset: int = Field(0, alias="from", ge=0, le=999_999_999, description="How many jobs to skip.")
    limit: int = Field(50, ge=1, le=1000, description="Jobs in one response.")
    from_date: _Moment = Field(None, description="Created at this moment or later.")
    to_date: _Moment = Field(None, description="Created at this moment or before.")
    states: _States = Field(None, description=_STATE_LIST)
    exclude_states: _States = Field(None, description=_STATE_LIST)
    tags: _Tags = Field(None, description="A comma-separated list; jobs with any of them.")
    sort: JobSort = Field(JobSort.OLDEST_FIRST, description="The order.")

    def takes_time(self, created_at: datetime) -> bool:
        return self.may_take_time(created_at, created_at)

    def may_take_time(self, earliest: datetime, latest: datetime) -> bool:
        """Whether it may take what was created between these moments."""
        after = self.from_date is None or latest >= self.from_date
        return after and (self.to_date is None or earliest <= self.to_date)

    def takes_state(self, status: JobStatus) -> bool:
        return status in self._taken_states

    def takes_tags(self, summary: JobSummary) -> bool:
        return not self.tags or not self._any_of_tags.isdisjoint(summary.tags)

    @property
    def takes_all_states(self) -> bool:
        return self._taken_states == set(JobStatus)

    @cached_property
    def _taken_states(self) -> set[JobStatus]:
        included = _statuses(self.states) if self.states else set(JobStatus)
        return included - _statuses(self.exclude_states or "")

    @cached_property
    def _any_of_tags(self) -> set[str]:
        return set(self.tags.split(",")) if self.tags else set()
