"""Whatever one client or server sends costs the API and the worker only a bounded amount.

The tests of the corpus watch render processes. These watch the processes that all teams share.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.documents import a_card
from tests.api.running_api import Team
from tests.hostile import ledger
from tests.hostile.service_inputs import Attack, Sender, attacks
from tests.hostile.watching import Watch
from tests.integration.service import Service
from tests.origin import running_origin

_MAX_STORED = 64 * 1024  # bytes beyond those that were sent


@pytest.fixture(scope="module")
async def sender(service: Service) -> AsyncIterator[Sender]:
    token = {"Authorization": f"Bearer {service.connection.token}"}
    public = httpx.AsyncClient(timeout=60, trust_env=False)
    http = httpx.AsyncClient(
        base_url=service.connection.base_url, headers=token, timeout=60, trust_env=False
    )
    async with public, http, running_origin() as origin:
        team = Team("hostile", http, public)
        sender = Sender(team, origin, await team.upload(a_card()))
        assert await sender.job() == "finished"  # so that everything is loaded
        yield sender


@pytest.mark.parametrize("attack", list(attacks()), ids=lambda attack: attack.label)
async def test_an_attack_on_a_service_costs_others_little(
    service: Service, sender: Sender, attack: Attack
) -> None:
    api, worker = service.pid_of("api"), service.pid_of("worker")
    assert api is not None
    assert worker is not None
    objects = service.home / "objects"
    before = size_of(objects)
    watch = Watch({"api": api, "worker": worker}, service.connection.api_url)
    sender.sent = 0
    with watch.running():
        outcome = await attack.attempt(sender)
    stored = size_of(objects) - before
    ledger.watched.append(ledger.Watched(attack.label, outcome, sender.sent, stored, watch))
    assert outcome == attack.outcome
    watch.check(sender.sent)
    assert stored < _MAX_STORED + sender.sent


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
