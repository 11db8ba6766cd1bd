"""Fixtures that run all of docker-compose.yml as processes."""

from collections.abc import Iterator

import pytest

from reelbatch.client import Reelbatch
from tests.deployment.programs import missing
from tests.deployment.topology import Topology
from tests.deployment.whole_topology import running_whole_topology
from tests.integration.lottie_documents import still_card


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> Iterator[Topology]:
    if line := missing():
        pytest.skip(line)
    with running_whole_topology() as topology:
        yield topology
        if request.session.testsfailed:
            topology.show_logs()


@pytest.fixture(scope="session")
def client(whole: Topology) -> Iterator[Reelbatch]:
    with Reelbatch(whole.url, whole.token) as client:
        yield client


@pytest.fixture(scope="session")
def card(client: Reelbatch, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a small template."""
    file = tmp_path_factory.mktemp("templates") / "card.json"
    file.write_bytes(still_card())
    return client.templates.push(file).id
