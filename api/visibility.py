"""Temporal Visibility: which workflows a team has. It lags a moment behind what happens."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from cachetools import LRUCache
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from reelbatch.models.orchestration.batches import Batch
from reelbatch.models.orchestration.search_attributes import (
    BATCH_ID,
    FORMER_FONT_IDS,
    FORMER_TEMPLATE_IDS,
    TAGS,
    TEAM,
    font_tag,
    template_tag,
)
from reelbatch.models.wire.base import rfc3339

BATCH_TYPE = "Batch"
JOB_TYPE = "RenderJob"

RUNNING = "ExecutionStatus = 'Running'"

Workflows = dict[str, WorkflowExecution]  # by workflow id

_SHARED = 1.0  # seconds for which all requests of a team take the same list
_WHOLE_AGAIN = 600.0  # seconds: until then operators' deletions and very late news go unnoticed
_VISIBILITY_LAG = timedelta(minutes=1)  # between the end of a workflow and its being listed
_MOST_LISTED = 50_000  # workflows in memory, some 3 kB each; of one team there may be more


@dataclass(frozen=True)
class _Read:
    """What a team had, and when it was asked for."""

    found: Workflows
    _: KW_ONLY
    at: float
    asked_at: datetime
    whole_at: float  # when not only news was asked for


def is_open(execution: WorkflowExecution) -> bool:
    return execution.status is WorkflowExecutionStatus.RUNNING


def note_run(known: Workflows, run: WorkflowExecution) -> None:
    """The newest run of a workflow counts: one that was reset has several, listed in any order."""
    other = known.get(run.id)
    if other is None or run.start_time >= other.start_time:
        known[run.id] = run


def tags_of(execution: WorkflowExecution) -> Sequence[str]:
    return execution.typed_search_attributes.get(TAGS) or ()


class TeamWorkflows:
    """Each team's batches and single jobs, asked for once a second at most.

    Visibility has a budget of calls a second, for all teams and APIs of a namespace. What has ended
    never changes: after a team's first list only that is asked for which runs, or has ended since.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._read: LRUCache[str, _Read] = LRUCache(
            _MOST_LISTED, lambda read: min(len(read.found), _MOST_LISTED)
        )
        self._reading: dict[str, asyncio.Task[Workflows]] = {}

    async def batches(self, team: str) -> list[WorkflowExecution]:
        return [found for found in await self._of(team) if found.workflow_type == BATCH_TYPE]

    async def single_jobs(self, team: str) -> list[WorkflowExecution]:
        """The jobs that belong to no batch."""
        return [found for found in await self._of(team) if found.workflow_type == JOB_TYPE]

    async def _of(self, team: str) -> Iterable[WorkflowExecution]:
        read = self._read.get(team)
        if read is not None and monotonic() - read.at < _SHARED:
            return read.found.values()
        reading = self._reading.get(team)
        if reading is None:
            reading = self._reading[team] = asyncio.create_task(self._ask(team))
            reading.add_done_callback(lambda _: self._reading.pop(team))
        return (await asyncio.shield(reading)).values()  # others wait for it too

    async def _ask(self, team: str) -> Workflows:
        began, now = monotonic(), datetime.now(UTC)
        conditions = [
            _is_team(team),
            f"({_is_type(BATCH_TYPE)} OR ({_is_type(JOB_TYPE)} AND {BATCH_ID.name} IS NULL))",
        ]
        before = self._read.get(team)
        if before is not None and began - before.whole_at > _WHOLE_AGAIN:
            before = None
        if before is not None:
            recent = before.asked_at - _VISIBILITY_LAG
            conditions.append(f"({RUNNING} OR CloseTime >= '{rfc3339(recent)}')")
        found = dict(before.found) if before is not None else {}
        async for each in _list(self._client, *conditions):
            note_run(found, each)
        whole_at = before.whole_at if before is not None else began
        self._read[team] = _Read(found, at=monotonic(), asked_at=now, whole_at=whole_at)
        return found


def children_of(client: Client, batch: Batch) -> AsyncIterator[WorkflowExecution]:
    """The jobs of a batch that were started."""
    return _list(
        client, _is_type(JOB_TYPE), _is_team(batch.team), f"{BATCH_ID.name} = '{batch.id}'"
    )


async def active_users_of_template(client: Client, team: str, template_id: str) -> int:
    return await _active(client, team, TAGS, template_tag(template_id)) + await _active_of_before(
        client, team, FORMER_TEMPLATE_IDS, template_id
    )


async def active_users_of_font(client: Client, team: str, font_id: str) -> int:
    return await _active(client, team, TAGS, font_tag(font_id)) + await _active_of_before(
        client, team, FORMER_FONT_IDS, font_id
    )


async def active_jobs(client: Client, team: str) -> int:
    return await _count(client, _is_type(JOB_TYPE), _is_team(team), RUNNING)


async def _active_of_before(
    client: Client, team: str, key: SearchAttributeKey[Any], value: str
) -> int:
    """Those that an earlier version started: only a namespace of its time knows the attribute."""
    try:
        return await _active(client, team, key, value)
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            return 0
        raise


async def _active(client: Client, team: str, key: SearchAttributeKey[Any], value: str) -> int:
    kinds = f"WorkflowType IN ('{BATCH_TYPE}', '{JOB_TYPE}')"
    return await _count(client, kinds, _is_team(team), f"{key.name} = '{value}'", RUNNING)


def _list(client: Client, *conditions: str) -> AsyncIterator[WorkflowExecution]:
    return client.list_workflows(" AND ".join(conditions), page_size=1000)


async def _count(client: Client, *conditions: str) -> int:
    return (await client.count_workflows(" AND ".join(conditions))).count


def _is_type(name: str) -> str:
    return f"WorkflowType = '{name}'"


def _is_team(team: str) -> str:
    """A team's name needs no quoting: it has only letters, digits and hyphens."""
    return f"{TEAM.name} = '{team}'"
