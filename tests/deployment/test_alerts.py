"""Alerts, against what the SDK says when Temporal's server is really killed."""

import asyncio
import re
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from reelbatch.preparation import check_namespace
from reelbatch.telemetry.prometheus import metrics_runtime
from tests.api.running_api import until
from tests.api.temporal import free_port, temporal_server
from tests.deployment.exposition import Sample, scrape
from tests.deployment.queries import alert_rules


@activity.defn
async def nothing() -> None:
    """So that a worker polls."""


async def test_a_server_that_is_gone_is_what_the_alert_asks_for(tmp_path: Path) -> None:
    metrics = f"127.0.0.1:{free_port()}"
    async with temporal_server(tmp_path) as address:
        client = await Client.connect(address, runtime=metrics_runtime(metrics, {}))
        worker = Worker(client, task_queue="polled", activities=[nothing])
        running = asyncio.create_task(worker.run())
    [rule] = [rule for rule in alert_rules() if rule["alert"] == "ReelbatchTemporalFails"]

    async def counted(metric: str) -> list[Sample] | None:
        asked = re.search(rf'rate\({metric}{{\s*status_code=~"(.+)"', rule["expr"])
        assert asked is not None
        found = [each for each in scrape(metrics) if each.name == metric]
        return [s for s in found if re.fullmatch(asked[1], s.labels["status_code"])] or None

    async def request_fails() -> list[Sample] | None:
        try:
            await check_namespace(client)
        except RPCError:
            return await counted("temporal_request_failure_total")
        return None

    assert await until(request_fails, "failed request")
    assert await until(lambda: counted("temporal_long_request_failure_total"), "failed poll")
    await worker.shutdown()
    await running
