"""Alerts, checked against real metrics of the SDK and of Temporal's server."""

import asyncio
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from reelbatch.preparation import check_namespace
from reelbatch.telemetry.prometheus import metrics_runtime
from tests.api.running_api import until
from tests.api.temporal import free_port, temporal_server
from tests.deployment.exposition import Sample, scrape
from tests.deployment.queries import alert_rules
from tests.integration.service import ROOT

PROMTOOL = shutil.which("promtool")


@activity.defn
async def nothing() -> None:
    """An activity for which a worker polls."""


@workflow.defn
class AsksForARender:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(
            nothing, task_queue="render-lottie", start_to_close_timeout=timedelta(hours=1)
        )


@pytest.mark.skipif(PROMTOOL is None, reason="promtool comes with Debian's package prometheus")
def test_alerts_fire_after_their_durations_and_not_before() -> None:
    rules = ROOT / "tests" / "deployment" / "alerts_test.yml"
    assert {f"alertname: {rule['alert']}" for rule in alert_rules()} == set(
        re.findall(r"alertname: \w+", rules.read_text())
    )
    done = subprocess.run(
        [str(PROMTOOL), "test", "rules", rules], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


async def test_the_alert_matches_the_metrics_of_a_dead_server(tmp_path: Path) -> None:
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


async def test_the_alert_matches_the_metrics_of_renders_without_a_worker(tmp_path: Path) -> None:
    metrics = free_port()
    often = ("--dynamic-config-value", 'matching.backlogMetricsEmitInterval="1s"')  # not a minute
    async with temporal_server(tmp_path, "--metrics-port", str(metrics), *often) as address:
        client = await Client.connect(address)
        worker = Worker(
            client,
            task_queue="control",
            workflows=[AsksForARender],
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        async with worker:
            await client.start_workflow(AsksForARender.run, id="asks", task_queue="control")
            [rule] = [rule for rule in alert_rules() if rule["alert"] == "ReelbatchNothingStarts"]
            asked = re.search(r"(\w+){(task_type=.+)}", rule["expr"])
            assert asked is not None
            metric, selector = asked.groups()
            matchers = dict(re.findall(r'(\w+)=~?"([^"]+)"', selector))

            async def waits() -> bool | None:
                found = [s for s in scrape(f"127.0.0.1:{metrics}") if s.name == metric]
                return any(sample.value and _fits(sample, matchers) for sample in found) or None

            assert await until(waits, "task in the backlog")
            [rule] = [rule for rule in alert_rules() if rule["alert"] == "ReelbatchNoAfterEffects"]
            polls = re.search(r"unless sum\((\w+){task_type", rule["expr"])
            assert polls is not None

            async def polled() -> bool | None:
                found = [s for s in scrape(f"127.0.0.1:{metrics}") if s.name == polls[1]]
                return any(s.value and s.labels["taskqueue"] == "control" for s in found) or None

            assert await until(polled, "poll of the worker")


def _fits(sample: Sample, matchers: dict[str, str]) -> bool:
    return all(re.fullmatch(text, sample.labels.get(k, "")) for k, text in matchers.items())
