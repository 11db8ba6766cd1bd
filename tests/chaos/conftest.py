"""One running service for all faults; each test restores it for the next one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.stack import Stack, running_stack
from tests.chaos.tally import Tally
from tests.integration.lottie_documents import long_film, still_card

FIGURES = "REELBATCH_CHAOS_FIGURES"  # a file for the figures of the run


@pytest.fixture(scope="session")
def tally() -> Iterator[Tally]:
    counted = Tally()
    yield counted
    if file := os.environ.get(FIGURES):
        counted.write(Path(file))


@pytest.fixture(scope="session")
def whole_stack(tmp_path_factory: pytest.TempPathFactory, tally: Tally) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("chaos"), tally) as running:
        yield running


@pytest.fixture
def stack(whole_stack: Stack) -> Iterator[Stack]:
    before = whole_stack.tally.server_errors
    yield whole_stack
    whole_stack.proxy.heal()
    for name in [name for name in whole_stack.parts if "-" in name]:  # a test's own workers
        whole_stack.parts.pop(name).discard()
    whole_stack.revive()
    assert whole_stack.tally.server_errors == before, "a response was a 500"


@pytest.fixture(scope="session")
def card(whole_stack: Stack) -> str:
    return whole_stack.upload(still_card())


@pytest.fixture(scope="session")
def film(whole_stack: Stack) -> str:
    return whole_stack.upload(long_film())
