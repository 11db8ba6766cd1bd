"""Workflows that are running when the code changes must continue: recorded histories replay."""

from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from temporalio.client import WorkflowHistory
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from tests.workflows.workbench import WORKFLOWS

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_a_recorded_history_replays(file: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter)
    history = WorkflowHistory.from_json(file.stem, file.read_text())  # noqa: ASYNC240  a small file
    await replayer.replay_workflow(history)


async def test_workflows_from_before_traces_replay_with_traces() -> None:
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=pydantic_data_converter,
        interceptors=[TracingInterceptor(TracerProvider().get_tracer("test"))],
    )
    [newest] = [file for file in HISTORIES if file.stem == _newest("batch-with-webhooks")]
    history = WorkflowHistory.from_json(newest.stem, newest.read_text())
    await replayer.replay_workflow(history)


def _newest(shape: str) -> str:
    return max(file.stem for file in HISTORIES if file.stem.rsplit("-", 1)[0] == shape)


def test_each_workflow_has_a_recorded_history() -> None:
    kinds = {file.stem.rsplit("-", 1)[0] for file in HISTORIES}
    endings = ("finished", "failed", "cancelled")
    assert kinds == {
        "batch",
        "batch-of-equal-jobs",
        "batch-of-parents",
        "batch-with-webhooks",
        "deliver-webhook",
        "download-template",
        "download-template-refused",
        "inspect-template",
        "inspect-template-given-up",
        "scheduled-batch-failed",
        "scheduled-batch-finished",
        "sweep",
        "join",
        "small-job-finished",
        "small-job-failed",
        "small-job-queued",
        "waiting-job-finished",
        "waiting-job-given-up",
        "parent-of-batch",
        *(f"long-job-{ending}" for ending in (*endings, "unusable", "whole", "reused")),
        *(f"parent-{ending}" for ending in endings),
        *(f"job-{ending}" for ending in endings),
        *(f"single-job-{ending}" for ending in endings),
        *(f"job-with-webhook-{ending}" for ending in endings),
    }
