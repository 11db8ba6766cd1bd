"""Temporal Visibility: which workflows a team has. It lags a moment behind the actual state."""

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

_MAX_AGE = 1.0  # seconds for which all requests of a team share the same list
_FULL_LIST_MAX_AGE = 600.0  # seconds until deletions by operators and very late news are noticed
_VISIBILITY_LAG = timedelta(minutes=1)  # from the end of a workflow until it is listed as ended
_MAX_LISTED = 50_000  # workflows in memory, about 3 kB each; a single team may have more


@dataclass(frozen=True)
class _Read:
    """A team's workflows, and when they were listed."""

    found: Workflows
    _: KW_ONLY
    at: float
    asked_at: datetime
    whole_at: float  # when the last full list was read


def is_open(execution: WorkflowExecution) -> bool:
    return execution.status is WorkflowExecutionStatus.RUNNING


def note_run(known: Workflows, run: WorkflowExecution) -> None:
    """Keep the newest run of a workflow: a reset workflow has several, listed in any order."""
    other = known.get(run.id)
    if other is None or run.start_time >= other.start_time:
        known[run.id] = run


def tags_of(execution: WorkflowExecution) -> Sequence[str]:
    return execution.typed_search_attributes.get(TAGS) or ()


class TeamWorkflows:
    """Each team's batches and single jobs, listed at most once a second.

    Visibility limits the calls per second of all teams and APIs in a namespace. Ended workflows
    never change, so after a team's first list, only workflows that are running or have ended since
    are listed.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._read: LRUCache[str, _Read] = LRUCache(
            _MAX_LISTED, lambda read: min(len(read.found), _MAX_LISTED)
        )
        self._reading: dict[str, asyncio.Task[Workflows]] = {}

    async def batches(self, team: str) -> list[WorkflowExecution]:
        return [found for found in await self._of(team) if found.workflow_type == BATCH_TYPE]

    async def single_jobs(self, team: str) -> list[WorkflowExecution]:
        """The jobs that belong to no batch."""
        return [found for found in await self._of(team) if found.workflow_type == JOB_TYPE]

    async def _of(self, team: str) -> Iterable[WorkflowExecution]:
        read = self._read.get(team)
        if read is not None and monotonic() - read.at < _MAX_AGE:
            return read.found.values()
        reading = self._reading.get(team)
        if reading is None:
            reading = self._reading[team] = asyncio.create_task(self._update(team))
            reading.add_done_callback(lambda _: self._reading.pop(team))
        return (await asyncio.shield(reading)).values()  # other requests wait for it too

    async def _update(self, team: str) -> Workflows:
        began, now = monotonic(), datetime.now(UTC)
        conditions = [
            _is_team(team),
            f"({_is_type(BATCH_TYPE)} OR ({_is_type(JOB_TYPE)} AND {BATCH_ID.name} IS NULL))",
        ]
        before = self._read.get(team)
        if before is not None and began - before.whole_at > _FULL_LIST_MAX_AGE:
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
    """The jobs of a batch that have been started."""
    return _list(
        client, _is_type(JOB_TYPE), _is_team(batch.team), f"{BATCH_ID.name} = '{batch.id}'"
    )


async def active_users_of_template(client: Client, team: str, template_id: str) -> int:
    return await _active(
        client, team, TAGS, template_tag(template_id)
    ) + await _active_by_former_key(client, team, FORMER_TEMPLATE_IDS, template_id)


async def active_users_of_font(client: Client, team: str, font_id: str) -> int:
    return await _active(client, team, TAGS, font_tag(font_id)) + await _active_by_former_key(
        client, team, FORMER_FONT_IDS, font_id
    )


async def active_jobs(client: Client, team: str) -> int:
    return await _count(client, _is_type(JOB_TYPE), _is_team(team), RUNNING)


async def _active_by_former_key(
    client: Client, team: str, key: SearchAttributeKey[Any], value: str
) -> int:
    """Counts workflows from an earlier version; only older namespaces know its attributes."""
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
    """A team's name needs no escaping: it consists of letters, digits and hyphens."""
    return f"{TEAM.name} = '{team}'"
