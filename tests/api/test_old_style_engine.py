"""An engine of the version before is served from the upload of a template to the output."""

import asyncio
import sys
import warnings
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client

import worker
from reelbatch.settings import Settings
from tests.api.running_api import Team, served

FOLDER = Path(__file__).parents[1] / "reelbatch" / "engines"
METADATA = "Metadata-Version: 2.1\nName: somebody\nVersion: 1\n"
ENTRY_POINT = "[reelbatch.engines]\nold-style = old_style_engine:OldStyleEngine\n"


@pytest_asyncio.fixture
async def old_team(
    settings: Settings,
    client: Client,
    store: ObjectStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Team]:
    """A team of an API and a worker that have the old engine alone."""
    information = tmp_path / "somebody-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(METADATA)
    (information / "entry_points.txt").write_text(ENTRY_POINT)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(FOLDER), *sys.path])
    alone = settings.model_copy(update={"engines": ["old-style"]})
    stop = asyncio.Event()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        running = asyncio.create_task(worker.run(alone, stop))
        async with served(alone, client, store) as api, api.new_team() as team:
            yield team
        stop.set()
        await running


async def test_its_jobs_are_checked_and_rendered(old_team: Team) -> None:
    template = await old_team.upload(b"red", "red")
    job = {"template": {"id": template}, "settings": {"type": "image", "frames": 0}}
    text = {"type": "text", "layerName": "title", "value": "A"}
    batch = await old_team.create_batch(job, {**job, "assets": [text]})
    assert [error["errorCode"] for error in batch["errors"]] == ["NOT_SUPPORTED"]
    ended = await old_team.end_of_batch(batch["batchId"])
    assert [each["status"] for each in ended["jobs"]] == ["finished"]
