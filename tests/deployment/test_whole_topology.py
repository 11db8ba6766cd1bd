"""docker-compose.yml with all of its programs, while nothing fails."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reelbatch.client import Reelbatch
from tests.chaos.jobs import films, stills
from tests.chaos.receivers import receiving
from tests.deployment.exposition import scrape, total
from tests.deployment.topology import APIS, METRICS, Topology
from tests.deployment.whole_topology import PATIENCE, check_all_finished
from tests.integration.lottie_documents import long_film

pytestmark = [pytest.mark.topology, pytest.mark.timeout(900)]

CLIENTS = 8


@pytest.mark.parametrize("jobs", [120, pytest.param(1000, marks=pytest.mark.long)])
def test_a_batch_renders_through_both_apis_and_its_webhook_arrives_once(
    whole: Topology, client: Reelbatch, card: str, jobs: int, tmp_path: Path
) -> None:
    with receiving() as receiver:
        batch = client.batches.create(stills(card, jobs), webhook={"url": receiver.url})
        check_all_finished(batch, jobs, tmp_path)
        assert receiver.wait_for_success().body["stats"]["finished"] == jobs
    assert len(receiver.deliveries) == 1
    for name in APIS:
        samples = scrape(whole.containers[name].environment[METRICS["api"]])
        assert total(samples, "reelbatch_http_requests_total", status="200") > 0
        assert total(samples, "reelbatch_http_requests_total", status="500") == 0


def test_clients_that_list_at_the_same_time_get_their_lists(whole: Topology, card: str) -> None:
    with Reelbatch(whole.url, whole.token) as client:
        batch = client.batches.create(stills(card, 20))

    def lists_it(_: int) -> bool:
        with whole.http() as http:
            responses = [http.get("/jobs", params={"batchId": batch.id}) for _ in range(5)]
            assert [response.status_code for response in responses] == [200] * 5
            return any(
                found["batchId"] == batch.id for found in http.get("/batches").json()["batches"]
            )

    with ThreadPoolExecutor(CLIENTS) as clients:
        assert all(clients.map(lists_it, range(CLIENTS)))


def test_a_key_sent_to_both_apis_at_once_creates_one_batch(whole: Topology, card: str) -> None:
    body = {"jobs": stills(card, 5)}

    def submit(url: str) -> str:
        with whole.http(url) as http:
            created = http.post("/batches", json=body, headers={"Idempotency-Key": "order-1"})
            assert created.status_code in (201, 409), created.text
            return created.json().get("batchId", "")

    with ThreadPoolExecutor(CLIENTS) as clients:
        made = set(clients.map(submit, whole.api_addresses() * (CLIENTS // 2)))
    assert len(made - {""}) == 1


def test_a_cancelled_batch_ends_with_its_renders(client: Reelbatch, tmp_path: Path) -> None:
    file = tmp_path / "film.json"
    file.write_bytes(long_film())
    film = client.templates.push(file).id
    batch = client.batches.create(films(film, 6, frames=10_000))
    assert batch.cancel().total_jobs == 6
    assert batch.wait(timeout=PATIENCE).stats.cancelled == 6
