"""`python -m api`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from reelbatch.settings import Settings
from tests.api.running_api import RunningApi, until
from tests.api.temporal import free_port

ROOT = Path(__file__).parents[2]


def start(folder: Path, settings: Settings, port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "REELBATCH_TEMPORAL_ADDRESS": str(settings.temporal_address),
        "REELBATCH_OBJECT_STORE": str(folder / "objects"),
        "REELBATCH_API_PORT": str(port),
    }
    command = [sys.executable, "-m", "api"]
    with (folder / "api.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, cwd=ROOT, stderr=log, stdout=log)


async def test_the_process_serves_until_it_is_stopped(api: RunningApi, tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, api.settings, port)
    try:
        async with httpx.AsyncClient(trust_env=False) as http:

            async def look() -> bool | None:
                try:
                    ready = await http.get(f"http://127.0.0.1:{port}/readyz")
                except httpx.TransportError:
                    return None
                return ready.is_success or None

            await until(look, "ready API")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()


def test_without_temporal_the_process_ends_with_one_clear_line(
    settings: Settings, tmp_path: Path
) -> None:
    nowhere = settings.model_copy(update={"temporal_address": f"127.0.0.1:{free_port()}"})
    process = start(tmp_path, nowhere, free_port())
    assert process.wait(timeout=60) == 1
    [line] = (tmp_path / "api.log").read_text().splitlines()
    assert f"Temporal does not respond at {nowhere.temporal_address}" in line
