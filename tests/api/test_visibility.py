"""Workflows are found by the API, in the Web UI, and across versions."""

import asyncio
import json
from functools import partial
from typing import Any

import pytest
from obstore.store import ObjectStore
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowExecutionAsyncIterator, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from reelbatch.models.orchestration import search_attributes
from reelbatch.models.orchestration.search_attributes import (
    FORMER_FONT_IDS,
    FORMER_TEMPLATE_IDS,
    TEAM,
    font_tag,
    name_tag,
    tag_list,
    template_tag,
)
from reelbatch.settings import Settings
from tests.api.fonts import a_font
from tests.api.running_api import RunningApi, Team, a_still, served, until
from tests.api.temporal import IDLE_NAMESPACE, connected
from tests.workflows.workbench import a_batch


async def test_operators_find_failed_jobs_by_their_error_and_batches_by_their_failures(
    api: RunningApi, card_team: Team, card: str
) -> None:
    picture = {"type": "image", "layerName": "background", "src": "data:image/png;base64,AA"}
    broken = a_still(card) | {"assets": [picture]}
    batch = await card_team.create_batch(a_still(card, tags=["spring"]), broken)
    ended = await card_team.end_of_batch(batch["batchId"])
    code = ended["jobs"][1]["errorCode"]
    of_batch = f"ReelbatchBatchId = '{batch['batchId']}'"

    async def found() -> Any:
        counts = [
            (await api.client.count_workflows(f"{of_batch} AND {condition}")).count
            for condition in (
                "ReelbatchFailedJobs = 1",
                f"ReelbatchErrorCode = '{code}'",
                "ReelbatchTags = 'spring'",
                f"ReelbatchTags = '{template_tag(card)}' AND WorkflowType = 'RenderJob'",
            )
        ]
        return counts if counts == [1, 1, 1, 2] else None

    await until(found, "batch and jobs in Visibility")


@pytest.mark.parametrize("kind", ["templates", "fonts"])
async def test_things_that_batches_of_the_previous_version_use_cannot_be_deleted(
    settings: Settings, store: ObjectStore, kind: str
) -> None:
    idle = settings.model_copy(update={"temporal_namespace": IDLE_NAMESPACE})
    client = await connected(idle, store)
    await add_former_attributes(client)
    async with served(idle, client, store) as api, api.new_team() as team:
        key = {"templates": FORMER_TEMPLATE_IDS, "fonts": FORMER_FONT_IDS}[kind]
        used = await make(team, kind)
        batch = await client.start_workflow(
            "Batch",
            id=f"{team.name}/batch/{used}",
            task_queue="nobody",
            search_attributes=TypedSearchAttributes(
                [SearchAttributePair(TEAM, team.name), SearchAttributePair(key, [used])]
            ),
        )

        async def listed() -> Any:
            return (await client.count_workflows(f"{TEAM.name} = '{team.name}'")).count or None

        await until(listed, "batch in Visibility")
        unused = await make(team, kind)
        assert (await team.http.delete(f"/{kind}/{unused}")).status_code == 204
        assert (await team.http.delete(f"/{kind}/{used}")).status_code == 409
        await batch.terminate()

        async def deleted() -> Any:
            response = await team.http.delete(f"/{kind}/{used}")
            return True if response.status_code == 204 else None

        await until(deleted, "deletion after the batch")


class CountingClient(Client):
    """Records the queries of the lists that were requested."""

    queries: tuple[str | None, ...] = ()

    def list_workflows(
        self, query: str | None = None, **options: Any
    ) -> WorkflowExecutionAsyncIterator:
        self.queries += (query,)
        return super().list_workflows(query, **options)


async def test_concurrent_lists_share_one_call_and_later_ones_only_ask_for_news(
    settings: Settings, store: ObjectStore, client: Client
) -> None:
    counting = CountingClient(**client.config())
    async with served(settings, counting, store) as api, api.new_team() as team:
        paths = ("/jobs", "/jobs?sort=newest_first", "/batches") * 10
        assert await asyncio.gather(*map(team.get, paths)) == [[], [], {"batches": []}] * 10
        assert len(counting.queries) == 1

        async def a_run() -> WorkflowHandle[Any, Any]:
            return await client.start_workflow(
                "RenderJob",
                id=f"{team.name}/job/01J0000000000000000000ZZZZ",
                task_queue="nobody",
                memo={"job": a_batch([0]).jobs[0].summary},
                search_attributes=TypedSearchAttributes([SearchAttributePair(TEAM, team.name)]),
            )

        job = await a_run()

        async def listed(status: str) -> Any:
            return await team.get(f"/jobs?states={status}") or None

        await until(partial(listed, "queued"), "new job in the list")
        await job.terminate()
        await until(partial(listed, "manually_cancelled"), "terminated job in the list")
        await a_run()  # like an operator's reset
        [again] = await until(partial(listed, "queued"), "newest run in the list")
        assert again["id"] == "01J0000000000000000000ZZZZ"
        assert all("CloseTime" in (query or "") for query in counting.queries[1:])


async def make(team: Team, kind: str) -> str:
    if kind == "templates":
        body = {"type": "lottie", "displayName": "card"}
        return (await team.http.post("/templates", json=body)).json()["id"]
    files = {"font": ("rare.ttf", a_font())}
    return (await team.http.post("/fonts", files=files)).json()["id"]


async def add_former_attributes(client: Client) -> None:
    """Add the search attributes of this version and those of the previous one."""
    known = {
        key.name: IndexedValueType.ValueType(key.indexed_value_type)
        for key in (*search_attributes.ALL, FORMER_TEMPLATE_IDS, FORMER_FONT_IDS)
    }
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=known)
    await client.operator_service.add_search_attributes(request)


def test_a_list_of_tags_is_as_long_as_temporal_allows() -> None:
    ids = [f"{number:026}" for number in range(100)]
    listed = tag_list(ids[:30], ids, ["spring"])
    assert listed[:30] == [template_tag(id_) for id_ in ids[:30]]
    assert listed[30] == font_tag(ids[0])
    assert 1900 < len(str(listed)) <= 2048
    assert tag_list(["T"], [], ["spring", "spring"]) == ["template:T", "spring"]


def test_the_length_of_tags_is_counted_as_temporal_does() -> None:
    name, long_name = name_tag("Ж" * 200), name_tag("😀" * 200)
    listed = tag_list([f"{number:026}" for number in range(40)], [], [name, "submission:B"])
    assert len(json.dumps(listed)) <= 2048
    assert listed[-1] == "submission:B"
    assert tag_list([], [], [name, long_name, "submission:B"]) == [name, "submission:B"]
