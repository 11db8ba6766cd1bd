"""Temporal Visibility: which workflows a team has. It lags a moment behind what happens."""

from collections.abc import AsyncIterator
from typing import Any

from temporalio.client import Client, WorkflowExecution
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

BATCH_TYPE = "Batch"
JOB_TYPE = "RenderJob"

RUNNING = "ExecutionStatus = 'Running'"


def batches_of(client: Client, team: str, *conditions: str) -> AsyncIterator[WorkflowExecution]:
    return _list(client, _is_type(BATCH_TYPE), _is_team(team), *conditions)


def single_jobs_of(client: Client, team: str, *conditions: str) -> AsyncIterator[WorkflowExecution]:
    """The jobs that belong to no batch."""
    return _list(
        client, _is_type(JOB_TYPE), _is_team(team), f"{BATCH_ID.name} IS NULL", *conditions
    )


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


async def active_single_jobs(client: Client, team: str) -> int:
    return await _count(
        client, _is_type(JOB_TYPE), _is_team(team), f"{BATCH_ID.name} IS NULL", RUNNING
    )


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
