"""An engine for the previous version works, from the upload of a template to the output."""

import warnings
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client

from reelbatch.settings import Settings
from tests.api.other_engines import install, team_of
from tests.api.running_api import Team


@pytest_asyncio.fixture
async def old_team(
    settings: Settings,
    client: Client,
    store: ObjectStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Team]:
    """A team on an API and a worker that only have the old engine."""
    install("old-style", "old_style_engine:OldStyleEngine", tmp_path, monkeypatch)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        async with team_of(["old-style"], settings, client, store) as team:
            yield team


async def test_its_jobs_are_checked_and_rendered(old_team: Team) -> None:
    template = await old_team.upload(b"red", "red")
    job = {"template": {"id": template}, "settings": {"type": "image", "frames": 0}}
    text = {"type": "text", "layerName": "title", "value": "A"}
    batch = await old_team.create_batch(job, {**job, "assets": [text]})
    assert [error["errorCode"] for error in batch["errors"]] == ["NOT_SUPPORTED"]
    ended = await old_team.end_of_batch(batch["batchId"])
    assert [each["status"] for each in ended["jobs"]] == ["finished"]
