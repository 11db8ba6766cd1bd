"""The schedule that starts the sweeps. Operators may change or pause it: it is made only once."""

from datetime import timedelta

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.service import RPCError

from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE
from workflows.sweep import SweepWorkflow

log = structlog.get_logger("worker")

SCHEDULE_ID = "reelbatch-sweep"

_INTERVAL = timedelta(hours=6)


async def schedule_sweeps(client: Client) -> None:
    """Make the schedule unless there is one. A server that refuses it costs no renders."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            SweepWorkflow.run,
            id=SCHEDULE_ID,
            task_queue=CONTROL_TASK_QUEUE,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=_INTERVAL)]),
        policy=SchedulePolicy(catchup_window=_INTERVAL),
    )
    try:
        await client.create_schedule(SCHEDULE_ID, schedule)
    except ScheduleAlreadyRunningError:
        return
    except RPCError as error:
        log.warning("old objects will not be removed: no schedule", reason=error.message)
