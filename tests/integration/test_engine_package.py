"""An engine in a separate package on its own worker, which no file of the project mentions."""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.stack.temporal_namespace import prepare_namespace
from reelbatch.cli.stack.temporal_server import find_temporal, server_command
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from reelbatch.storage.tokens import create_token
from tests.api.temporal import free_port
from tests.chaos.part import Part
from tests.integration.service import until
from tests.reelbatch.engines.contract_run import SLIDES, run_contract


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the example's package is installed."""
    folder = tmp_path_factory.mktemp("site")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, f"--target={folder}", str(SLIDES)],
        check=True,
    )
    return folder


def test_the_example_engine_is_short_and_fulfils_the_contract(site: Path, tmp_path: Path) -> None:
    sources = SLIDES.glob("slides_engine/*.py")
    assert sum(len(source.read_text().splitlines()) for source in sources) < 80
    samples = f"--engine-samples={SLIDES / 'samples'}"
    run = run_contract(tmp_path, "--engine=slides", samples, python_path=(site,))
    assert run.failures == {}, run.output
    assert run.passed > 45


@pytest.fixture
def http(site: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a service with one worker for Lottie and another for slides."""
    ports = {name: free_port() for name in ("temporal", "ui", "api")}
    objects = str(tmp_path / "objects")
    environment = {
        "PYTHONPATH": f"{site}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "REELBATCH_TEMPORAL_ADDRESS": f"127.0.0.1:{ports['temporal']}",
        "REELBATCH_API_PORT": str(ports["api"]),
        "REELBATCH_OBJECT_STORE": objects,
        "REELBATCH_SCRATCH": str(tmp_path / "scratch"),
    }

    def part(name: str, *command: str, **more: str) -> Part:
        return Part(name, command, environment | more, tmp_path / f"{name}.log")

    database = tmp_path / "temporal.db"
    server = server_command(find_temporal(None), database, ports["temporal"], ports["ui"])
    python = (sys.executable, "-m")
    parts = [
        part("temporal", *server),
        part("api", *python, "api"),
        part("lottie", *python, "worker", REELBATCH_ENGINES='["lottie"]'),
        part("slides", *python, "worker", REELBATCH_ENGINES='["slides"]'),
    ]
    settings = Settings(temporal_address=environment["REELBATCH_TEMPORAL_ADDRESS"])
    try:
        parts[0].start()
        until(lambda: _prepared(settings), "Temporal server")
        for started in parts[1:]:
            started.start()
        token, _ = asyncio.run(create_token(open_store(objects), "team", "test"))
        url = f"http://127.0.0.1:{ports['api']}"
        until(lambda: _is_ready(url), "ready API")
        assert b"render-slides" not in parts[2].log.read_bytes()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{url}/api/v2", headers=headers, trust_env=False) as client:
            yield client
    finally:
        for ended in reversed(parts):
            ended.discard()


def _prepared(settings: Settings) -> bool | None:
    with suppress(CommandFailed):
        asyncio.run(prepare_namespace(settings))
        return True
    return None


def _is_ready(url: str) -> bool | None:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/readyz", trust_env=False).is_success or None
    return None


def test_a_separate_worker_renders_the_jobs_of_an_installed_engine(http: httpx.Client) -> None:
    sample = SLIDES / "samples" / "two-slides"
    created = http.post("/templates", json={"type": "slides", "displayName": "two"}).json()
    sent = httpx.put(
        created["uploadInfo"]["url"], content=(sample / "show.slides").read_bytes(), trust_env=False
    )
    assert sent.is_success, sent.text

    def inspected() -> Any:
        template = http.get(f"/templates/{created['id']}").json()
        return template if template["status"] in ("uploaded", "error") else None

    assert until(inspected, "inspection")["layers"] == ["slide 1", "slide 2"]
    job = json.loads((sample / "job.json").read_text())
    job["template"] = {"id": created["id"]}
    job["settings"] = {"codec": "video_h264_vbr_1mbps", "frames": [8, 14]}
    wrong = {**job, "assets": [{"type": "text", "layerName": "slide 3", "value": "A"}]}
    batch = http.post("/batches", json={"jobs": [job, wrong]}).json()
    assert [error["errorCode"] for error in batch["errors"]] == ["LAYER_NOT_FOUND"]

    def ended() -> Any:
        state = http.get(f"/batches/{batch['batchId']}").json()
        return state if state["stats"]["pending"] == 0 else None

    (rendered,) = until(ended, "end of the batch")["jobs"]
    assert rendered["status"] == "finished", rendered
    film = httpx.get(rendered["outputUrl"], trust_env=False).content
    with av.open(io.BytesIO(film), "r") as file:
        assert sum(1 for _ in file.decode(video=0)) == 6
