"""The sweep removes what has expired, and nothing else, with a real Temporal and a real store."""

import os
import time
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.testing import ActivityEnvironment

from activities.upkeep.sweep import Lifetimes, SweepActivities
from reelbatch.models.orchestration.search_attributes import TEAM
from reelbatch.models.orchestration.sweeps import SweepReport
from reelbatch.models.stored.templates import TemplateRecord
from reelbatch.models.wire.templates import TemplateStatus
from reelbatch.settings import Settings
from reelbatch.storage import keys
from reelbatch.storage.expiry import has_objects
from reelbatch.storage.objects import open_store, read_bytes
from reelbatch.storage.templates import read_template, write_template
from reelbatch.storage.uploaded_files import missing_files, remove_unused, used_at
from tests.api.running_api import until
from tests.api.temporal import connected, temporal_server

TODAY = datetime.now(UTC).date()


@pytest_asyncio.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Client]:
    home = tmp_path_factory.mktemp("temporal")
    async with temporal_server(home) as address:
        settings = Settings(temporal_address=address)
        yield await connected(settings, open_store(str(home / "objects")))


class Sweeping:
    """A store on disk, whose files can be made old, and its sweep."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.store = open_store(str(folder))
        self.team = f"team-{uuid4().hex[:8]}"

    async def put(self, key: str, days_old: float = 0) -> str:
        await self.store.put_async(key, b"x")
        moment = time.time() - days_old * 24 * 3600
        os.utime(self.folder / key, (moment, moment))
        return key

    async def payload(self, day: date) -> str:
        return await self.put(keys.payload(self.team, day, uuid4().hex))

    async def start(self, kind: str, workflow_id: str) -> WorkflowHandle[Any, Any]:
        """Start a workflow of the team, which no worker runs."""
        return await self.client.start_workflow(
            kind,
            id=workflow_id,
            task_queue="nobody-looks",
            search_attributes=TypedSearchAttributes([SearchAttributePair(TEAM, self.team)]),
        )

    async def start_and_list(self, kind: str) -> None:
        """Start a workflow of the team, and wait until Visibility lists it."""
        await self.start(kind, f"{self.team}/job/J")

        async def known() -> bool | None:
            query = f"{TEAM.name} = '{self.team}'"
            return (await self.client.count_workflows(query)).count > 0 or None

        await until(known, "workflow in the list")

    async def sweep(
        self, lifetimes: Lifetimes | None = None, days_later: int = 0, most: int = 1000
    ) -> SweepReport:
        activities = SweepActivities(
            client=self.client,
            store=self.store,
            lifetimes=lifetimes or Lifetimes(payloads=timedelta(days=10)),
            now=lambda: datetime.now(UTC) + timedelta(days=days_later),
            most_removals=most,
        )
        return await ActivityEnvironment().run(activities.sweep)

    async def exists(self, key: str) -> bool:
        return await read_bytes(self.store, key) is not None


@pytest.fixture
def sweeping(client: Client, tmp_path: Path) -> Sweeping:
    return Sweeping(client, tmp_path / "objects")


async def test_payloads_are_removed_by_the_day_on_which_they_were_last_stored(
    sweeping: Sweeping,
) -> None:
    old = await sweeping.payload(TODAY - timedelta(days=12))
    young = await sweeping.payload(TODAY - timedelta(days=9))
    report = await sweeping.sweep()
    assert (report.payloads, report.complete) == (1, True)
    assert not await sweeping.exists(old)
    assert await sweeping.exists(young)


@pytest.mark.parametrize("ended", [False, True])
async def test_payloads_stay_while_temporal_has_a_workflow_of_their_time(
    sweeping: Sweeping, ended: bool
) -> None:
    workflow = await sweeping.start("Batch", f"{sweeping.team}/batch/1")
    if ended:
        await workflow.terminate()

    async def listed() -> bool | None:
        found = await sweeping.client.count_workflows(f"WorkflowId = '{workflow.id}'")
        return found.count == 1 or None

    await until(listed, "workflow in Visibility")
    before = await sweeping.payload(TODAY - timedelta(days=30))
    needed = await sweeping.payload(TODAY)
    after = await sweeping.payload(TODAY + timedelta(days=5))

    assert (await sweeping.sweep(days_later=100)).payloads == 1

    assert not await sweeping.exists(before)
    assert await sweeping.exists(needed)
    assert await sweeping.exists(after)


async def test_idempotency_records_are_removed_once_no_request_can_need_them(
    sweeping: Sweeping,
) -> None:
    old = await sweeping.put(keys.idempotency_record(sweeping.team, "a" * 64, 0), 2.1)
    young = await sweeping.put(keys.idempotency_record(sweeping.team, "b" * 64, 0), 1.9)
    assert (await sweeping.sweep()).idempotency_records == 1
    assert not await sweeping.exists(old)
    assert await sweeping.exists(young)


def lasting_keys(team: str) -> list[str]:
    return [
        keys.batch_manifest(team, "batch"),
        keys.rejected_batch(team, "rejected"),
        keys.single_job(team, "job"),
        keys.nested_job(team, "nested"),
        keys.webhook(team, "job"),
        keys.job_log(team, "job"),
        keys.output(team, "job", "png"),
        keys.cached_render(team, "digest"),
        keys.template_source(team, "template", "x"),
        keys.secret_record(team, "SECRET"),
    ]


async def test_nothing_else_is_removed_without_a_setting(sweeping: Sweeping) -> None:
    lasting = [await sweeping.put(key, 5000) for key in lasting_keys(sweeping.team)]
    assert await sweeping.sweep() == SweepReport()
    assert [key for key in lasting if not await sweeping.exists(key)] == []


async def test_each_kind_is_removed_by_its_own_setting(sweeping: Sweeping) -> None:
    for key in lasting_keys(sweeping.team):
        await sweeping.put(key, 50)
    young = await sweeping.put(keys.output(sweeping.team, "young", "png"), 5)
    ten = timedelta(days=10)
    lifetimes = Lifetimes(payloads=ten, records=ten, logs=ten, outputs=ten, renders=ten)

    assert await sweeping.sweep(lifetimes) == SweepReport(records=5, logs=1, outputs=1, renders=1)
    assert await sweeping.sweep(lifetimes) == SweepReport()

    assert await sweeping.exists(young)
    for key in lasting_keys(sweeping.team)[-2:]:
        assert await sweeping.exists(key)


async def test_objects_from_the_start_of_a_batch_are_removed_with_its_manifest(
    sweeping: Sweeping,
) -> None:
    team, long, short = sweeping.team, "01ARZ3NDEKTSV4RRFFQ69G0000", "01ARZ3NDEKTSV4RRFFQ69G5000"
    young = [
        await sweeping.put(keys.batch_table(team, long), 12),
        await sweeping.put(keys.batch_with_tag(team, "d" * 64, f"{long}--"), 12),
        await sweeping.put(keys.batch_manifest(team, long), 8),
    ]
    gone = [
        await sweeping.put(keys.batch_table(team, short), 12),
        await sweeping.put(keys.batch_with_tag(team, "d" * 64, f"{short}--"), 12),
        await sweeping.put(keys.batch_manifest(team, short), 11),
    ]
    ten = timedelta(days=10)
    assert (await sweeping.sweep(Lifetimes(payloads=ten, records=ten))).records == 3
    assert [await sweeping.exists(key) for key in young + gone] == [True] * 3 + [False] * 3


async def test_previews_are_removed_after_a_day_whatever_the_settings(sweeping: Sweeping) -> None:
    old = await sweeping.put(keys.preview(sweeping.team, "old", "jpg"), 1.1)
    young = await sweeping.put(keys.preview(sweeping.team, "young", "jpg"), 0.9)
    assert await sweeping.sweep() == SweepReport(outputs=1)
    assert (await sweeping.exists(old), await sweeping.exists(young)) == (False, True)


def test_copies_of_outputs_are_kept_no_longer_than_outputs() -> None:
    days = [Settings(keep_outputs_days=number).render_retention_days for number in (None, 1, 30)]
    assert days == [3, 1, 3]


async def test_segments_of_terminated_jobs_are_removed_whatever_the_settings(
    sweeping: Sweeping,
) -> None:
    old = await sweeping.put(keys.segment(sweeping.team, "terminated", 0, "mp4"), 3)
    young = await sweeping.put(keys.segment(sweeping.team, "rendering", 0, "mp4"), 1)
    assert await sweeping.sweep() == SweepReport(segments=1)
    assert not await sweeping.exists(old)
    assert await sweeping.exists(young)


async def test_a_sweep_is_limited_and_the_next_one_continues(sweeping: Sweeping) -> None:
    for _ in range(5):
        await sweeping.payload(TODAY - timedelta(days=20))
    first = await sweeping.sweep(most=3)
    second = await sweeping.sweep(most=3)
    assert (first.payloads, first.complete) == (3, False)
    assert (second.payloads, second.complete) == (2, True)


async def test_uploads_that_newer_ones_replaced_are_removed(sweeping: Sweeping) -> None:
    team = sweeping.team
    source = partial(keys.template_source, team, "T")
    oldest, replaced = [await sweeping.put(source(name), 9) for name in ("a", "b")]
    current = await sweeping.put(source("c"), 5)
    arriving = await sweeping.put(source("d"), 1)
    await write_template(sweeping.store, a_template(team, current))
    assert (await sweeping.sweep()).uploads == 2
    for key, is_there in ((oldest, False), (replaced, False), (current, True), (arriving, True)):
        assert await sweeping.exists(key) is is_there
    assert await read_template(sweeping.store, team, "T")


async def test_uploads_stay_for_a_while_after_they_were_replaced(sweeping: Sweeping) -> None:
    replaced = await sweeping.put(keys.template_source(sweeping.team, "T", "a"), 9)
    current = await sweeping.put(keys.template_source(sweeping.team, "T", "b"), 1)
    await write_template(sweeping.store, a_template(sweeping.team, current))
    assert (await sweeping.sweep()).uploads == 0
    assert await sweeping.exists(replaced)


async def test_uploads_stay_while_a_workflow_may_have_seen_them(sweeping: Sweeping) -> None:
    replaced = await sweeping.put(keys.template_source(sweeping.team, "T", "a"), 9)
    current = await sweeping.put(keys.template_source(sweeping.team, "T", "b"))
    await write_template(sweeping.store, a_template(sweeping.team, current))
    await sweeping.start_and_list("RenderJob")
    assert (await sweeping.sweep(days_later=9)).uploads == 0
    assert await sweeping.exists(replaced)


async def test_uploaded_files_are_removed_when_no_job_can_use_them(sweeping: Sweeping) -> None:
    team = sweeping.team
    unused, used = "a" * 64 + ".png", "b" * 64 + ".png"
    for id_, days_old in ((unused, 9), (used, 1)):
        await sweeping.put(keys.uploaded_file(team, id_), 9)
        await sweeping.put(keys.upload_use(team, id_), days_old)
    broken_off = await sweeping.put(keys.arriving_upload(team, "x"), 9)
    arriving = await sweeping.put(keys.arriving_upload(team, "y"))
    assert (await sweeping.sweep()).uploads == 3
    left = [keys.uploaded_file(team, used), keys.upload_use(team, used), arriving]
    gone = [keys.uploaded_file(team, unused), keys.upload_use(team, unused), broken_off]
    assert [await sweeping.exists(key) for key in left + gone] == [True] * 3 + [False] * 3


async def test_uploaded_files_stay_while_a_workflow_may_use_them(sweeping: Sweeping) -> None:
    id_ = "c" * 64 + ".png"
    file = await sweeping.put(keys.uploaded_file(sweeping.team, id_), 9)
    await sweeping.put(keys.upload_use(sweeping.team, id_))
    await sweeping.start_and_list("RenderJob")
    assert (await sweeping.sweep(days_later=9)).uploads == 0
    assert await sweeping.exists(file)


async def test_an_uploaded_file_that_a_job_has_just_used_stays(sweeping: Sweeping) -> None:
    """The sweep had read its last use before the job used it."""
    team, id_ = sweeping.team, "d" * 64 + ".png"
    file = await sweeping.put(keys.uploaded_file(team, id_), 9)
    await sweeping.put(keys.upload_use(team, id_), 9)
    seen = await used_at(sweeping.store, team, id_)
    assert await missing_files(sweeping.store, team, [id_, "e" * 64]) == {"e" * 64}
    assert await remove_unused(sweeping.store, team, id_, since=seen) == 0
    assert await sweeping.exists(file)
    noted = await used_at(sweeping.store, team, id_)
    assert await remove_unused(sweeping.store, team, id_, since=noted) == 2
    assert await missing_files(sweeping.store, team, [id_]) == {id_}
    assert not await has_objects(sweeping.store, keys.team(team))


def a_template(team: str, source: str) -> TemplateRecord:
    now = datetime.now(UTC)
    return TemplateRecord(
        id="T",
        team=team,
        type="lottie",
        display_name="card",
        engine="lottie",
        status=TemplateStatus.UPLOADED,
        created_at=now,
        updated_at=now,
        upload_nonce="n",
        source=source,
    )
