"""Fixtures: a service on Linux, and a worker on Windows that renders for it."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from filelock import FileLock

from reelbatch.client import Reelbatch
from tests.deployment.programs import cache
from tests.deployment.topology import Topology, running_topology
from tests.reelbatch.engines.contract_run import AFTER_EFFECTS_SAMPLES
from tests.windows.machine import NotDownloaded, Windows, made, missing
from tests.windows.worker import WindowsWorker


@pytest.fixture(scope="session")
def windows() -> Iterator[Windows]:
    """The Windows machine, which one test run uses at a time."""
    if line := missing():
        pytest.skip(line)
    cache().mkdir(parents=True, exist_ok=True)
    with FileLock(cache() / "windows.lock"):
        try:
            machine = made()
        except NotDownloaded as error:
            pytest.skip(f"Parts of the machine could not be downloaded: {str(error)[-200:]!r}")
        machine.hold.unlink(missing_ok=True)  # killed tests may have left it behind
        yield machine
        machine.stop()


@pytest.fixture(scope="session")
def service(windows: Windows) -> Iterator[Topology]:  # noqa: ARG001  skips the tests without it
    engines = {"REELBATCH_ENGINES": json.dumps(["join", "lottie", "nexrender"])}
    with (
        TemporaryDirectory(prefix="reelbatch-windows-") as home,
        running_topology(Path(home), {}, engines, small=True) as topology,
    ):
        yield topology


@pytest.fixture(scope="session")
def application(windows: Windows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which Reelbatch is installed on Windows."""
    folder = tmp_path_factory.mktemp("windows") / "application"
    windows.install(folder)
    return folder


@pytest.fixture(scope="session")
def worker(
    windows: Windows, service: Topology, application: Path, request: pytest.FixtureRequest
) -> Iterator[WindowsWorker]:
    """A running worker. Tests that stop it start it again."""
    worker = WindowsWorker(windows, application, like=service.containers["worker-1"])
    try:
        worker.start()
        yield worker
    finally:
        worker.release_renders()
        if request.session.testsfailed:
            print(worker.log.read_text(errors="replace")[-10_000:])  # noqa: T201
            service.show_logs()


@pytest.fixture(scope="session")
def client(service: Topology) -> Iterator[Reelbatch]:
    with Reelbatch(service.url, service.token) as client:
        yield client


@pytest.fixture(scope="session")
def project(client: Reelbatch, worker: WindowsWorker) -> str:  # noqa: ARG001  it reads the project
    """The id of a template with an After Effects project."""
    file = AFTER_EFFECTS_SAMPLES / "after-effects" / "project.zip"
    return client.templates.push(file, template_type="aep", timeout=300).id
