"""The regular sweep of the object store, started by a schedule."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.orchestration.sweeps import SweepReport
    from workflows.activity_names import SWEEP

# An attempt ends by itself after a number of removals; this limit is for a store that hangs.
_SWEEP_TIMEOUT = timedelta(hours=2)


@workflow.defn(name="Sweep")
class SweepWorkflow:
    """Removes objects that are too old to be needed; the next sweep takes over the rest."""

    @workflow.run
    async def run(self) -> SweepReport:
        return await workflow.execute_activity(
            SWEEP,
            result_type=SweepReport,
            start_to_close_timeout=_SWEEP_TIMEOUT,
            heartbeat_timeout=timedelta(minutes=2),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=10), maximum_attempts=10),
        )
