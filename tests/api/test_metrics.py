"""The API's metrics, as Prometheus scrapes them."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from obstore.store import ObjectStore
from temporalio.client import Client

from api.metrics import HISTOGRAM_BUCKETS
from reelbatch.settings import Settings
from reelbatch.telemetry.prometheus import meter_of, metrics_runtime
from tests.api.running_api import RunningApi, served
from tests.api.temporal import free_port
from tests.deployment.exposition import scrape, total

TEMPLATE = "0" * 26


class Metered:
    def __init__(self, api: RunningApi, address: str) -> None:
        self.api = api
        self.address = address

    def total(self, name: str, **labels: str) -> float:
        return total(scrape(self.address), name, **labels)


@pytest_asyncio.fixture
async def metered(
    settings: Settings, client: Client, store: ObjectStore
) -> AsyncGenerator[Metered]:
    address = f"127.0.0.1:{free_port()}"
    runtime = metrics_runtime(address, HISTOGRAM_BUCKETS)
    async with served(settings, client, store, meter_of(runtime)) as api:
        yield Metered(api, address)


async def test_replays_and_dry_runs_count_as_requests_but_not_as_jobs(metered: Metered) -> None:
    body = {"jobs": [{"template": {"id": TEMPLATE}}]}
    async with metered.api.new_team() as team:
        for _ in range(3):
            await team.http.post("/batches", json=body, headers={"Idempotency-Key": "once"})
        await team.http.post("/batches?dryRun=true", json=body)
        single = await team.http.post("/jobs", json=body["jobs"][0])
        assert single.status_code == 404
    refused = {"error_code": "TEMPLATE_NOT_FOUND"}
    assert metered.total("reelbatch_jobs_rejected_total", **refused) == 2
    assert metered.total("reelbatch_batches_created_total") == 0
    answered = {"route": "/api/v2/batches", "method": "POST", "status": "400"}
    assert metered.total("reelbatch_http_requests_total", **answered) == 4


async def test_unknown_paths_and_methods_create_no_new_labels(metered: Metered) -> None:
    async with metered.api.new_team() as team:
        for number in range(5):
            await team.public.get(f"/nowhere/{number}")
            await team.public.request(f"BREW{number}", "/api/v2/batches")
            await team.http.get(f"/batches/{TEMPLATE}")
    samples = [s for s in scrape(metered.address) if s.name == "reelbatch_http_requests_total"]
    labels = {(s.labels["method"], s.labels["route"], s.labels["status"]) for s in samples}
    assert ("GET", "unknown", "404") in labels
    assert {method for method, _, _ in labels} == {"GET", "other"}
    assert len(labels) <= 4, labels


def test_the_error_for_an_address_in_use_names_it() -> None:
    address = f"127.0.0.1:{free_port()}"
    runtime = metrics_runtime(address, {})
    assert runtime is not None
    with pytest.raises(ValueError, match=address):
        metrics_runtime(address, {})
