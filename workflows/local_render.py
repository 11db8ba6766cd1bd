"""Rendering small jobs on their workflow's own worker: docs/decisions/0019-local-renders.md."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ApplicationError,
    CancelledError,
    FailureError,
    is_cancelled_exception,
)
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.orchestration.jobs import RenderProgress, RenderResult, RenderTask
    from workflows.activity_names import RENDER_LOCALLY
    from workflows.rendering import job_headline

# Longer than the worker's own limits: the last resort if it hangs.
_TIMEOUT = timedelta(seconds=30)
_NO_RETRIES = RetryPolicy(maximum_attempts=1)
_Outcome = RenderResult | RenderProgress | None
_OUTCOME: Any = Annotated[_Outcome, Field(union_mode="left_to_right")]


async def render_locally(task: RenderTask) -> RenderResult | None:
    """Have a small job rendered by the worker that runs this workflow.

    This needs no queue, and only half of the events. If it returns None, the job must be rendered
    the usual way. Raises ApplicationError if the job would fail there too, and CancelledError.
    """
    try:
        outcome: _Outcome = await workflow.execute_local_activity(
            RENDER_LOCALLY,
            task,
            result_type=_OUTCOME,
            start_to_close_timeout=_TIMEOUT,
            retry_policy=_NO_RETRIES,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=job_headline(task),
        )
    except FailureError as error:  # local activities fail without an ActivityError around it
        if is_cancelled_exception(error) or _is_final(error):
            raise
        return None
    if isinstance(outcome, RenderProgress):
        raise CancelledError("The render was stopped.", outcome)
    return outcome


def _is_final(error: FailureError) -> bool:
    return isinstance(error, ApplicationError) and error.non_retryable
