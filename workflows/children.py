"""Rendering nested jobs: all at once, before their parent; if one fails, all are stopped."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import (
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    TerminatedError,
)

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.errors import ChildFailed
    from reelbatch.models.orchestration.jobs import ChildJob, ChildOutput, RenderJob, RenderResult
    from reelbatch.models.orchestration.names import batch_workflow_id

CHILDREN_FINISHED = "children_finished"
"""The signal to a batch with the index of a job whose nested jobs have all finished."""

RENDER_STOPPED = "render_stopped"
"""The signal to a batch with the progress of a job that is about to end as cancelled."""

T = TypeVar("T")
Start = Callable[[RenderJob], Awaitable["asyncio.Task[RenderResult]"]]


async def render_children(job: RenderJob, start: Start) -> list[ChildOutput]:
    """Render the nested jobs of `job`.

    If one does not finish, the others are cancelled, and an ApplicationError that names it is
    raised. Cancelling the parent cancels all of them. In either case none is left running.
    """
    children = job.children or []
    if not children:
        return []
    running = [asyncio.create_task(_render(child, start)) for child in children]
    await all_or_none(running)
    await signal_batch(job, CHILDREN_FINISHED, job.index)
    return [child.output for child in children]


async def _render(child: ChildJob, start: Start) -> None:
    """Render one nested job. Raises ApplicationError if it does not finish."""
    starting = asyncio.ensure_future(start(child.job))
    try:
        try:
            running = await asyncio.shield(starting)
        except asyncio.CancelledError:  # cancel it once it has started
            running = await starting
            running.cancel()
        await running
    except ChildWorkflowError as error:
        message = f"The nested job {child.job.id} ({child.layer_name}) {_what_happened(error)}"
        raise ApplicationError(message, type=ChildFailed.error_code) from error


def _what_happened(error: ChildWorkflowError) -> str:
    cause = error.cause
    if isinstance(cause, ApplicationError):
        return f"failed: {cause.message}"
    if isinstance(cause, CancelledError):
        return "was cancelled by an operator."
    if isinstance(cause, TerminatedError):
        return "was terminated by an operator."
    return f"failed: {cause or error}"


async def all_or_none(running: Sequence["asyncio.Task[T]"]) -> None:
    """Wait for all tasks. The first failure, or a cancellation, stops the others and is raised."""
    try:
        await workflow.wait(running, return_when=asyncio.FIRST_EXCEPTION)
        failed = next((task for task in running if task.done() and task.exception()), None)
    finally:
        await _stop_all(running)
    if failed is not None:
        failed.result()


async def _stop_all(running: Sequence["asyncio.Task[T]"]) -> None:
    """Cancel the tasks that are still running, and wait until they have ended."""
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def signal_batch(job: RenderJob, signal: str, argument: object) -> None:
    """Signal the job's batch, if it has one."""
    if job.batch_id is None:
        return
    batch = workflow.get_external_workflow_handle(batch_workflow_id(job.team, job.batch_id))
    with contextlib.suppress(ApplicationError):  # an operator has terminated the batch
        await batch.signal(signal, argument)
