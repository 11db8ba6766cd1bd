"""Renders of small jobs beside their workflow: docs/decisions/0019-local-renders.md."""

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

# More than the worker takes; the last resort where it hangs.
_LONGEST = timedelta(seconds=30)
_NO_RETRIES = RetryPolicy(maximum_attempts=1)
_Outcome = RenderResult | RenderProgress | None
_OUTCOME: Any = Annotated[_Outcome, Field(union_mode="left_to_right")]


async def render_locally(task: RenderTask) -> RenderResult | None:
    """Have a small job rendered by the worker that runs this workflow: without a queue, and with
    half of the events. None: it has to go the usual way.

    Raises ApplicationError where it would fail there too, and CancelledError.
    """
    try:
        outcome: _Outcome = await workflow.execute_local_activity(
            RENDER_LOCALLY,
            task,
            result_type=_OUTCOME,
            start_to_close_timeout=_LONGEST,
            retry_policy=_NO_RETRIES,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=job_headline(task),
        )
    except FailureError as error:  # the activity's own: there is no ActivityError around it
        if is_cancelled_exception(error) or _is_final(error):
            raise
        return None
    if isinstance(outcome, RenderProgress):
        raise CancelledError("The render was stopped.", outcome)
    return outcome


def _is_final(error: FailureError) -> bool:
    return isinstance(error, ApplicationError) and error.non_retryable
