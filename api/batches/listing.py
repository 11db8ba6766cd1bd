"""GET /batches: the team's batches, newest first.

Three places know batches: Visibility has the recent ones, the object store has the manifests of
older ones, and the records of batches of which no job was accepted. Their ids are ordered by time.
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.http.errors import documented
from api.http.parameters import OrEmpty, Ulid
from api.http.responses import respond
from api.resources import MayReadJobs, Resources, Shared
from api.visibility import tags_of
from reelbatch.models.errors import BatchNotFound, RequestError
from reelbatch.models.ids import created_at
from reelbatch.models.orchestration.batches import BatchSnapshot
from reelbatch.models.orchestration.search_attributes import (
    name_tag,
    row_in,
    schedule_in,
    schedule_tag,
    submission_in,
    submission_tag,
)
from reelbatch.models.wire.batches import BatchList, BatchListItem, BatchStats
from reelbatch.parallel import gather_each
from reelbatch.storage.batches import stored_batch_ids

router = APIRouter(tags=["batches"])

_PARALLEL_READS = 8


class BatchPage(BaseModel):
    """The query of GET /batches."""

    limit: int = Field(20, ge=1, le=100, description="Batches in one response.")
    name: OrEmpty[str] = Field(
        None, description="Only batches of this name, as far as Temporal still has them."
    )
    submission: OrEmpty[Ulid] = Field(
        None,
        description="Only the batches of one table, by the first of them, as far as Temporal still "
        "has them.",
    )
    schedule: OrEmpty[Ulid] = Field(
        None, description="Only the batches that this schedule made, as far as Temporal has them."
    )
    cursor: OrEmpty[Ulid] = Field(None, description="The `nextCursor` of the page before.")

    @property
    def asks_for_tags(self) -> bool:
        return bool(self.name or self.submission or self.schedule)

    def takes(self, batch_id: str, tags: Sequence[str]) -> bool:
        """Whether a batch with these tags has the name, and is of the submission and the schedule,
        that are asked for.
        """
        is_part = not self.submission or (
            batch_id == self.submission or submission_tag(self.submission) in tags
        )
        is_scheduled = not self.schedule or schedule_tag(self.schedule) in tags
        return is_part and is_scheduled and (not self.name or name_tag(self.name) in tags)


@router.get(
    "/batches", name="list_batches", response_model=BatchList, responses=documented(RequestError)
)
async def get_batches(
    resources: Shared, team: MayReadJobs, page: Annotated[BatchPage, Query()]
) -> Response:
    """The team's batches, newest first."""
    return respond(await list_batches(resources, team, page))


async def list_batches(resources: Resources, team: str, page: BatchPage) -> BatchList:
    executions = {
        execution.id.rsplit("/", 1)[-1]: execution
        for execution in await resources.workflows.batches(team)
    }
    if page.asks_for_tags:
        ids = {id_ for id_, found in executions.items() if page.takes(id_, tags_of(found))}
    else:
        ids = executions.keys() | set(await stored_batch_ids(resources.store, team))
    older = sorted(
        (batch_id for batch_id in ids if not page.cursor or batch_id < page.cursor), reverse=True
    )

    async def item(batch_id: str) -> BatchListItem | None:
        execution = executions.get(batch_id)
        if execution is None:
            return await _stored_item(resources, team, batch_id)
        name = await execution.memo_value("name", None, type_hint=str)
        found = _item(batch_id, await resources.batches.stats(team, execution), name)
        tags = tags_of(execution)
        origin = {
            "submission": submission_in(tags),
            "first_row": row_in(tags),
            "schedule": schedule_in(tags),
        }
        return found.model_copy(update=origin)

    shown = older[: page.limit]
    items = await gather_each(item, shown, at_once=_PARALLEL_READS)
    return BatchList(
        batches=[found for found in items if found],
        next_cursor=shown[-1] if len(older) > len(shown) else None,
    )


async def _stored_item(resources: Resources, team: str, batch_id: str) -> BatchListItem | None:
    try:
        snapshot: BatchSnapshot = await resources.batches.read(team, batch_id)
    except BatchNotFound:
        return None
    return _item(batch_id, snapshot.stats, snapshot.name)


def _item(batch_id: str, stats: BatchStats, name: str | None) -> BatchListItem:
    return BatchListItem(
        batch_id=batch_id,
        name=name,
        status=stats.status,
        created_at=created_at(batch_id),
        stats=stats,
    )
