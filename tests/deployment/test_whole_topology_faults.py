"""docker-compose.yml with all of its programs, one of which dies in the middle of a batch."""

import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from reelbatch.client import Batch, Reelbatch
from tests.chaos.jobs import stills
from tests.deployment.exposition import scrape, total
from tests.deployment.prometheus import Alerts
from tests.deployment.topology import WORKERS, Topology
from tests.deployment.whole_topology import PATIENCE, check_all_finished
from tests.integration.service import until

pytestmark = [pytest.mark.topology, pytest.mark.timeout(1500)]

JOBS = 60


@pytest.fixture
def alerts(whole: Topology) -> Alerts:
    return Alerts(whole.containers["prometheus-1"])


@pytest.fixture
def batch(client: Reelbatch, card: str) -> Batch:
    """A batch in the middle of its work."""
    batch = client.batches.create(stills(card, JOBS), concurrency=8)
    until(lambda: batch.read().stats.finished >= 5 or None, "finished jobs", PATIENCE)
    return batch


def test_a_batch_outlasts_the_death_of_a_worker(
    whole: Topology, batch: Batch, alerts: Alerts, tmp_path: Path
) -> None:
    worker = whole.containers["worker-1"]
    worker.part.kill()
    check_all_finished(batch, JOBS, tmp_path)
    wait_for(alerts, "ReelbatchProcessDown")
    worker.part.start()
    worker.wait_until_healthy()


def test_a_batch_outlasts_the_death_of_the_object_store(
    whole: Topology, batch: Batch, tmp_path: Path
) -> None:
    objects = whole.containers["objects-1"]
    objects.part.kill()
    until(lambda: are_ready(whole, 503), "APIs that are not ready", PATIENCE)
    objects.part.start()
    objects.wait_until_healthy()
    check_all_finished(batch, JOBS, tmp_path)


def test_a_batch_outlasts_ten_seconds_without_postgresql(
    whole: Topology, batch: Batch, tmp_path: Path
) -> None:
    postgresql, temporal = (whole.containers[name] for name in ("postgresql-1", "temporal-1"))

    def are_ready_again() -> bool | None:
        if not temporal.part.is_running:  # Docker restarts a container that ends by itself
            temporal.part.start()
        return are_ready(whole, 200)

    postgresql.part.kill()
    gone = time.monotonic()
    until(lambda: are_ready(whole, 503), "APIs that are not ready", PATIENCE)
    time.sleep(max(0, gone + 10 - time.monotonic()))  # the rest of the ten seconds
    postgresql.part.start()
    postgresql.wait_until_healthy()
    until(are_ready_again, "APIs that are ready again", PATIENCE)
    check_all_finished(batch, JOBS, tmp_path)


def test_a_batch_outlasts_the_death_of_temporal(
    whole: Topology, batch: Batch, alerts: Alerts, tmp_path: Path
) -> None:
    temporal = whole.containers["temporal-1"]
    temporal.part.kill()
    wait_for(alerts, "ReelbatchTemporalFails")
    temporal.part.start()
    temporal.wait_until_healthy()
    check_all_finished(batch, JOBS, tmp_path)


def test_jobs_that_no_worker_takes_trigger_an_alert(
    whole: Topology, client: Reelbatch, card: str, alerts: Alerts, tmp_path: Path
) -> None:
    for name in WORKERS:
        assert whole.containers[name].part.terminate() == 0
    other = whole.container("worker-3")
    other.environment["REELBATCH_ENGINES"] = '["join"]'
    other.part.start()
    other.wait_until_healthy()
    batch = client.batches.create(stills(card, 10))
    wait_for(alerts, "ReelbatchNothingStarts")
    assert other.part.terminate() == 0
    for name in WORKERS:
        whole.containers[name].part.start()
    check_all_finished(batch, 10, tmp_path)


@pytest.mark.long
def test_a_batch_outlasts_a_second_temporal_that_joins_and_dies(
    whole: Topology, batch: Batch, tmp_path: Path
) -> None:
    second = whole.container("temporal-2")
    second.environment["TEMPORAL_BROADCAST_ADDRESS"] = second.address
    second.part.start()
    second.wait_until_healthy()
    metrics = second.environment["PROMETHEUS_ENDPOINT"]
    until(lambda: owns_shards(metrics), "shards", PATIENCE)
    done = batch.read().stats.finished
    until(lambda: batch.read().stats.finished > done or None, "jobs with two", PATIENCE)
    second.part.kill()
    check_all_finished(batch, JOBS, tmp_path)


def are_ready(whole: Topology, status: int) -> bool | None:
    """Whether `/readyz` of every API responds with this status."""
    with suppress(httpx.TransportError):
        responses = [
            httpx.get(f"{url}/readyz", timeout=60, trust_env=False) for url in whole.api_addresses()
        ]
        return all(response.status_code == status for response in responses) or None
    return None


def owns_shards(metrics_address: str) -> bool | None:
    with suppress(httpx.TransportError):
        return total(scrape(metrics_address), "numshards_gauge") > 0 or None
    return None


def wait_for(alerts: Alerts, name: str) -> None:
    until(lambda: alerts.fires(name), f"alert {name}", PATIENCE)
