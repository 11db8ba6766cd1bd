from collections.abc import Iterator

import pytest

from tests.integration.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    assert running.stop() == 0
