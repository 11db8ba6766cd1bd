"""Workflows that do nothing, for comparison."""

from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

TASK_QUEUE = "bench"


@activity.defn
async def nothing(number: int) -> int:
    return number


@workflow.defn(name="Bare")
class BareWorkflow:
    @workflow.run
    async def run(self, number: int) -> int:
        return await workflow.execute_activity(
            nothing, number, start_to_close_timeout=timedelta(minutes=1)
        )


@workflow.defn(name="BareStart")
class BareStartWorkflow:
    """Accepts any input and ends."""

    @workflow.run
    async def run(self, content: Any) -> None:  # noqa: ARG002  only its transport is measured
        return
