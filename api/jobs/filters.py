"""What a client asks of GET /jobs: its query parameters (contract 3.8)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from fastapi import Request

from api.http.requests import read_choice, read_integer
from reelbatch.models.errors import RequestError
from reelbatch.models.orchestration.jobs import JobSummary
from reelbatch.models.wire.jobs import JobStatus

_LIMITS = range(1, 1001)
_DEFAULT_LIMIT = 50
_TAGS = re.compile(r"^[a-zA-Z0-9_-]+(,[a-zA-Z0-9_-]+)*$")
_STATE = re.compile(r"^[a-z_:]+$")


# No job is older or newer, and not every date beyond can be written in UTC.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class JobSort(StrEnum):
    RANDOM = "random"
    NEWEST_FIRST = "newest_first"
    OLDEST_FIRST = "oldest_first"
    PRIORITY = "priority"


@dataclass(frozen=True)
class JobListing:
    """What a client asks of the list."""

    minimal: bool = False
    offset: int = 0
    limit: int = _DEFAULT_LIMIT
    created_from: datetime | None = None
    created_to: datetime | None = None
    states: frozenset[str] | None = None
    exclude_states: frozenset[str] = frozenset()
    tags: frozenset[str] | None = None
    sort: JobSort = JobSort.OLDEST_FIRST

    def takes_time(self, created_at: datetime) -> bool:
        after = self.created_from is None or created_at >= self.created_from
        return after and (self.created_to is None or created_at <= self.created_to)

    def takes_state(self, status: JobStatus) -> bool:
        included = self.states is None or status in self.states
        return included and status not in self.exclude_states

    def takes_tags(self, summary: JobSummary) -> bool:
        return self.tags is None or not self.tags.isdisjoint(summary.tags)

    @property
    def takes_all_states(self) -> bool:
        return all(self.takes_state(status) for status in JobStatus)

    @property
    def tells_waiting_from_rendering(self) -> bool:
        waiting = (JobStatus.QUEUED, JobStatus.PENDING)
        rendering = self.takes_state(JobStatus.RENDERING)
        return any(self.takes_state(status) != rendering for status in waiting)


def read_listing(request: Request) -> JobListing:
    """The query parameters. Raises RequestError for anything that is not what it should be."""
    query = request.query_params
    return JobListing(
        minimal=read_choice("minimal", query.get("minimal", "false"), ("true", "false")) == "true",
        offset=read_integer("from", query.get("from", "0"), 0, None),
        limit=read_integer(
            "limit", query.get("limit", str(_DEFAULT_LIMIT)), _LIMITS.start, _LIMITS.stop - 1
        ),
        created_from=_date("from_date", query.get("from_date")),
        created_to=_date("to_date", query.get("to_date")),
        states=_words("states", query.get("states"), _STATE),
        exclude_states=_words("exclude_states", query.get("exclude_states"), _STATE) or frozenset(),
        tags=_tags(query.get("tags")),
        sort=JobSort(read_choice("sort", query.get("sort", JobSort.OLDEST_FIRST), list(JobSort))),
    )


def _date(name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a + that was not escaped
    except ValueError:
        raise RequestError(
            f"The parameter {name} has to be a date such as 2026-01-31T12:00:00Z."
        ) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware, _EARLIEST), _LATEST)


def _words(name: str, text: str | None, pattern: re.Pattern[str]) -> frozenset[str] | None:
    """Unknown words are let through: the contract's states are an open set."""
    if not text:
        return None
    words = text.split(",")
    if not all(pattern.fullmatch(word) for word in words):
        raise RequestError(f"The parameter {name} has to be a list of words with commas.")
    return frozenset(words)


def _tags(text: str | None) -> frozenset[str] | None:
    if not text:
        return None
    if not _TAGS.fullmatch(text):
        raise RequestError("The parameter tags has to be a list of tags with commas.")
    return frozenset(text.split(","))
