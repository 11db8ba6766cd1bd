"""Third-party engines, installed for a test."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from obstore.store import ObjectStore
from temporalio.client import Client

import worker
from reelbatch.settings import Settings
from tests.api.running_api import Team, served

FOLDER = Path(__file__).parents[1] / "reelbatch" / "engines"
METADATA = "Metadata-Version: 2.1\nName: somebody\nVersion: 1\n"


def install(engine: str, place: str, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install an engine; `place` is its `module:Class` in the folder of the engines' tests."""
    information = site / "somebody-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(METADATA)
    entry_point = f"[reelbatch.engines]\n{engine} = {place}\n"
    (information / "entry_points.txt").write_text(entry_point)
    monkeypatch.setattr(sys, "path", [str(site), str(FOLDER), *sys.path])


@asynccontextmanager
async def team_of(
    engines: list[str], settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[Team]:
    """A team on an API and a worker that have only these engines."""
    alone = settings.model_copy(update={"engines": engines})
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(alone, stop))
    async with served(alone, client, store) as api, api.new_team() as team:
        yield team
    stop.set()
    await running
