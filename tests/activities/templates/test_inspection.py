"""Inspections for several teams on one worker."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest_asyncio
from obstore.store import LocalStore
from temporalio.testing import ActivityEnvironment

from activities.assets.caches import ObjectCache
from activities.metrics import CacheMetrics
from activities.scratch import Scratch
from activities.templates.inspection import InspectionActivities
from reelbatch.engines.pool import RenderPool
from reelbatch.engines.pool.capacity import INSPECTIONS
from reelbatch.models.errors import TemplateInvalid
from reelbatch.models.orchestration.templates import TemplateInspectionJob
from reelbatch.models.stored.templates import TemplateInspection, TemplateRecord
from reelbatch.models.wire.templates import TemplateStatus
from reelbatch.storage.templates import write_template


class SlowFiles:
    """A pool with the usual capacity, in which files that contain `slow` wait for `let_go`."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self._places = asyncio.Semaphore(INSPECTIONS)

    async def inspect(self, file: Path, template_type: str, _: Path) -> TemplateInspection:
        async with self._places:
            if await asyncio.to_thread(file.read_bytes) == b"slow":
                await self.let_go.wait()
            raise TemplateInvalid(f"no {template_type}")


class Inspecting:
    def __init__(self, folder: Path, scratch: Scratch) -> None:
        self.store = LocalStore(folder, mkdir=True)
        self.pool = SlowFiles()
        self._activities = InspectionActivities(
            store=self.store,
            pool=cast("RenderPool", self.pool),
            objects=ObjectCache(
                store=self.store,
                folder=scratch.path / "objects",
                limit=1000,
                metrics=CacheMetrics("objects"),
            ),
            scratch=scratch,
        )

    async def inspect(self, team: str, name: str, content: bytes) -> TemplateStatus:
        source, now = f"teams/{team}/{name}", datetime.now(UTC)
        await self.store.put_async(source, content)
        fields: dict[str, Any] = {"type": "lottie", "display_name": name, "engine": "lottie"}
        await write_template(
            self.store,
            TemplateRecord(
                id=name,
                team=team,
                status=TemplateStatus.PROCESSING,
                created_at=now,
                updated_at=now,
                upload_nonce="",
                source=source,
                **fields,
            ),
        )
        job = TemplateInspectionJob(team=team, template_id=name, engine="lottie", source=source)
        return await ActivityEnvironment().run(self._activities.inspect_template, job)


@pytest_asyncio.fixture
async def inspecting(tmp_path: Path) -> AsyncGenerator[Inspecting]:
    with Scratch(tmp_path / "scratch") as scratch:
        yield Inspecting(tmp_path / "objects", scratch)


async def test_slow_files_of_one_team_do_not_delay_other_teams(inspecting: Inspecting) -> None:
    slow = [
        asyncio.create_task(inspecting.inspect("sender", f"t{number}", b"slow"))
        for number in range(2 * INSPECTIONS)
    ]
    assert await inspecting.inspect("other", "t", b"quick") is TemplateStatus.ERROR
    assert not any(task.done() for task in slow)
    inspecting.pool.let_go.set()
    assert set(await asyncio.gather(*slow)) == {TemplateStatus.ERROR}
