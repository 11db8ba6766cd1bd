"""GET /batches: the team's batches, newest first.

The list combines three sources: Visibility has the recent batches, and the object store has the
manifests of older ones and the records of batches without an accepted job. Ids are ordered by time.
Filters by name, table and schedule use tags in the object store, which exist once a batch is
accepted.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from obstore.store import ObjectStore
from pydantic import BaseModel, Field

from api.batches.responses import list_item
from api.http.errors import documented
from api.http.parameters import OrEmpty, Ulid
from api.http.responses import respond
from api.resources import MayReadJobs, Resources, Shared
from api.visibility import tags_of
from reelbatch.models.errors import BatchNotFound, RequestError
from reelbatch.models.ids import created_at
from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.orchestration.search_attributes import (
    PREVIEW,
    name_tag,
    row_in,
    schedule_in,
    schedule_tag,
    submission_in,
    submission_tag,
)
from reelbatch.models.wire.batches import BatchList, BatchListItem
from reelbatch.parallel import gather_each
from reelbatch.storage.batches import batches_with_tag, stored_batch_ids

router = APIRouter(tags=["batches"])

_PARALLEL_READS = 8


class BatchListQuery(BaseModel):
    """The query of GET /batches."""

    limit: int = Field(20, ge=1, le=100, description="The maximum number of batches to return.")
    name: OrEmpty[str] = Field(
        None, description="Only batches with this name that are still stored."
    )
    submission: OrEmpty[Ulid] = Field(
        None,
        description="The id of a table's first batch: only the batches of that table that are "
        "still stored.",
    )
    schedule: OrEmpty[Ulid] = Field(
        None,
        description="Only batches that this schedule created and that are still stored.",
    )
    cursor: OrEmpty[Ulid] = Field(None, description="The `nextCursor` of the previous page.")


@router.get(
    "/batches", name="list_batches", response_model=BatchList, responses=documented(RequestError)
)
async def get_batches(
    resources: Shared, team: MayReadJobs, query: Annotated[BatchListQuery, Query()]
) -> Response:
    """List the team's batches, newest first."""
    return respond(await list_batches(resources, team, query))


async def list_batches(resources: Resources, team: str, query: BatchListQuery) -> BatchList:
    executions = {
        execution.id.rsplit("/", 1)[-1]: execution
        for execution in await resources.workflows.batches(team)
    }
    previews = {id_ for id_, found in executions.items() if PREVIEW in tags_of(found)}
    ids = await _tagged(resources.store, team, query)
    if ids is None:
        ids = executions.keys() | set(await stored_batch_ids(resources.store, team))
    older = sorted(
        (batch_id for batch_id in ids - previews if not query.cursor or batch_id < query.cursor),
        reverse=True,
    )

    async def item(batch_id: str) -> BatchListItem | None:
        execution = executions.get(batch_id)
        if execution is None:  # Temporal has deleted it, or Visibility does not list it yet
            return await _stored_item(resources, team, batch_id)
        stats = await resources.batches.stats(team, execution)
        tags = tags_of(execution)
        return BatchListItem(
            batch_id=batch_id,
            name=await execution.memo_value("name", None, type_hint=str),
            submission=submission_in(tags),
            first_row=row_in(tags),
            schedule=schedule_in(tags),
            outputs=await execution.memo_value("outputs", None, type_hint=int),
            status=stats.status,
            created_at=created_at(batch_id),
            stats=stats,
            rejected=await execution.memo_value("rejected", None, type_hint=int),
        )

    shown = older[: query.limit]
    items = await gather_each(item, shown, at_once=_PARALLEL_READS)
    return BatchList(
        batches=[found for found in items if found],
        next_cursor=shown[-1] if len(older) > len(shown) else None,
    )


async def _tagged(store: ObjectStore, team: str, query: BatchListQuery) -> set[str] | None:
    """The ids of the batches that match the query's filters; None if it has no filters."""
    found: list[set[str]] = []
    if query.name:
        found.append(await batches_with_tag(store, team, name_tag(query.name)))
    if query.submission:
        parts = await batches_with_tag(store, team, submission_tag(query.submission))
        found.append({*parts, query.submission})
    if query.schedule:
        found.append(await batches_with_tag(store, team, schedule_tag(query.schedule)))
    return found[0].intersection(*found[1:]) if found else None


async def _stored_item(resources: Resources, team: str, batch_id: str) -> BatchListItem | None:
    try:
        snapshot: BatchSnapshot = await resources.batches.read(team, batch_id)
    except BatchNotFound:
        return None
    return None if snapshot.preview else list_item(snapshot)
