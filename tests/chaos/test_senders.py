"""A team sends hostile requests while another team's batch is rendered."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest

from reelbatch.storage.tokens import create_token
from tests.api.documents import a_card
from tests.api.running_api import Team
from tests.chaos.jobs import films, stills
from tests.chaos.stack import Stack
from tests.hostile.service_inputs import Sender, attacks
from tests.hostile.watching import Watch
from tests.origin import running_origin

ATTACKS = {attack.label: attack for attack in attacks()}
CHOSEN = [
    "answer: an asset, packed twice",
    "answer: a bucket's answer of 400 MiB",
    "body: 64 MiB of empty lists",
    "body: 64 MiB of empty lists, packed",
    "body: 64 MiB of lines",
    "body: a thousand jobs with 200 errors each",
    "crowd: 400 event streams of one token",
]


@asynccontextmanager
async def a_sender(stack: Stack) -> AsyncGenerator[Sender]:
    token, _ = await create_token(stack.store, "greedy", "chaos")
    headers = {"Authorization": f"Bearer {token}"}
    public = httpx.AsyncClient(timeout=60, trust_env=False)
    http = httpx.AsyncClient(
        base_url=stack.http.base_url, headers=headers, timeout=60, trust_env=False
    )
    async with public, http, running_origin() as origin:
        team = Team("greedy", http, public)
        yield Sender(team, origin, await team.upload(a_card()))


@pytest.mark.long
@pytest.mark.parametrize("label", CHOSEN)
async def test_attacks_by_one_team_fail_no_other_teams_batch(
    stack: Stack, card: str, film: str, label: str
) -> None:
    attack = ATTACKS[label]
    pids = {name: stack.parts[name].pid for name in ("api", "worker")}
    async with a_sender(stack) as sender:
        watch = Watch(pids, str(stack.http.base_url).removesuffix("/api/v2/"))
        batch_id = stack.submit(*films(film, 3, frames=240), *stills(card, 10))
        stack.tally.faults[label] += 1
        with watch.running():
            assert await attack.attempt(sender) == attack.outcome
    watch.check(sender.sent)
    stack.check_all_finished(batch_id, 13)
