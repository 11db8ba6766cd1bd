"""The life of a batch."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ChildWorkflowError, TerminatedError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.orchestration import search_attributes
    from reelbatch.models.orchestration.batches import (
        Batch,
        BatchChanges,
        BatchSnapshot,
        Cancellation,
        CancellationOutcome,
        StoppedRender,
    )
    from reelbatch.models.orchestration.jobs import RenderResult
    from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE
    from reelbatch.models.orchestration.webhooks import WebhookDelivery
    from reelbatch.models.wire.batches import BatchStats
    from workflows.activity_names import WRITE_MANIFEST
    from workflows.children import CHILDREN_FINISHED, RENDER_STOPPED
    from workflows.job import (
        RenderJobWorkflow,
        failure_of,
        set_end_attributes,
        start_job_webhook,
        start_render_job,
        unfinished_of,
    )
    from workflows.job_states import state_of
    from workflows.ledger import Ledger
    from workflows.webhook import start_delivery
    from workflows.webhook_bodies import batch_body


@workflow.defn(name="Batch")
class BatchWorkflow:
    """Renders the jobs of one request, with at most `concurrency` child workflows at a time."""

    @workflow.init
    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._ledger = Ledger(batch)
        self._children: dict[
            int, workflow.ChildWorkflowHandle[RenderJobWorkflow, RenderResult]
        ] = {}
        self._cancelled_while_starting: set[int] = set()

    @workflow.run
    async def run(self, batch: Batch) -> BatchSnapshot:  # noqa: ARG002  @workflow.init has it
        self._show_progress()
        lanes = asyncio.create_task(self._run_lanes())
        try:
            await asyncio.shield(lanes)
        except asyncio.CancelledError:  # an operator's Cancel in the Web UI
            self.cancel(Cancellation(request_id=workflow.info().run_id))
            await lanes
        self._ledger.closed_at = workflow.now()
        await self._write_manifest()
        workflow.upsert_memo({"stats": self._ledger.stats})
        stats = self._ledger.stats
        set_end_attributes(stats.status, search_attributes.FAILED_JOBS.value_set(stats.failed))
        snapshot = self._ledger.snapshot()
        await self._start_webhook(snapshot)
        return snapshot

    @workflow.signal
    def cancel(self, request: Cancellation) -> None:
        """Cancel jobs: queued ones never start, rendering ones stop within seconds."""
        for position in self._ledger.request_cancellation(request, workflow.now()):
            child = self._children.get(position)
            if child is None:
                self._cancelled_while_starting.add(position)
            else:
                child.cancel()
        self._show_progress()

    @workflow.signal(name=CHILDREN_FINISHED)
    def children_finished(self, index: int) -> None:
        """A job of the batch starts to render, because its nested jobs have finished."""
        self._ledger.begin_rendering(index, workflow.now())

    @workflow.signal(name=RENDER_STOPPED)
    def render_stopped(self, stopped: StoppedRender) -> None:
        """A job of the batch is about to be cancelled in the middle of its render."""
        self._ledger.note_stopped(stopped)

    @workflow.query
    def stats(self) -> BatchStats:
        return self._ledger.stats

    @workflow.query
    def snapshot(self) -> BatchSnapshot:
        return self._ledger.snapshot()

    @workflow.query
    def changes(self, since: int) -> BatchChanges:
        """The changes since a snapshot's revision, for readers that already have the snapshot."""
        return self._ledger.changes(since)

    @workflow.query
    def cancellation(self, request_id: str) -> CancellationOutcome | None:
        """The outcome of the cancellation with this id; None while it has not arrived."""
        return self._ledger.outcome(request_id)

    async def _run_lanes(self) -> None:
        """Run jobs in a sliding window: a thousand at once would contend for the parent's lock."""
        lanes = min(self._batch.concurrency, len(self._batch.jobs))
        await asyncio.gather(
            self._start_other_webhooks(), *(self._run_lane() for _ in range(lanes))
        )

    async def _run_lane(self) -> None:
        while (position := self._ledger.take_next(workflow.now())) is not None:
            await self._run_job(position)
            self._show_progress()

    async def _start_other_webhooks(self) -> None:
        """Start the webhooks of jobs whose workflow never started or was terminated.

        Only some are started at a time, for the same reason as the lanes.
        """
        ledger = self._ledger
        while True:
            await workflow.wait_condition(
                lambda: bool(ledger.webhooks_due) or ledger.stats.pending == 0
            )
            window = ledger.take_webhooks_due(self._batch.concurrency)
            if not window:
                return
            await asyncio.gather(*(self._start_other_webhook(position) for position in window))

    async def _start_other_webhook(self, position: int) -> None:
        job = self._batch.jobs[position]
        await start_job_webhook(job, state_of(self._ledger.records[position], job.summary))

    async def _run_job(self, position: int) -> None:
        try:
            child = self._children[position] = await start_render_job(self._batch.jobs[position])
            if position in self._cancelled_while_starting:
                child.cancel()
            self._ledger.finish(position, await child, workflow.now())
        except (ChildWorkflowError, asyncio.CancelledError) as error:
            if is_cancelled_exception(error):
                self._ledger.cancel(position, workflow.now())
                return
            if _was_terminated(error):
                self._ledger.webhooks_due.append(position)
            self._ledger.fail(
                position,
                failure_of(error),
                workflow.now(),
                unfinished=unfinished_of(error.__cause__),
            )
        finally:
            self._children.pop(position, None)

    async def _start_webhook(self, snapshot: BatchSnapshot) -> None:
        webhook = self._batch.webhook
        if webhook is None:
            return
        await start_delivery(
            WebhookDelivery(
                team=snapshot.team,
                id=snapshot.id,
                receiver=webhook.receiver,
                body=batch_body(snapshot),
            )
        )

    async def _write_manifest(self) -> None:
        await workflow.execute_activity(
            WRITE_MANIFEST,
            self._ledger.snapshot(),
            task_queue=CONTROL_TASK_QUEUE,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
            summary="manifest.json",
            priority=Priority(fairness_key=self._batch.team),
        )

    def _show_progress(self) -> None:
        workflow.set_current_details(self._ledger.details(workflow.info().namespace))


def _was_terminated(error: BaseException) -> bool:
    """Whether an operator terminated the job's workflow, which could not react to it."""
    return isinstance(error, ChildWorkflowError) and isinstance(error.cause, TerminatedError)
