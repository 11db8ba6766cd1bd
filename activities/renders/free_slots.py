"""How many render slots a job may take: what its engine's workers have, shared by all open jobs."""

import os
import re
import socket

from temporalio import activity
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from reelbatch.models.orchestration.names import render_task_queue
from reelbatch.models.orchestration.segments import SlotsQuestion
from workflows.activity_names import FIND_FREE_SLOTS

OPEN_JOBS = "WorkflowType = 'RenderJob' AND ExecutionStatus = 'Running'"
_SLOTS = re.compile(r" slots=(\d+)$")


def identity_with_slots(slots: int) -> str:
    """How a worker calls itself: Temporal tells who polls, but not how much each can take."""
    return f"{os.getpid()}@{socket.gethostname()} slots={slots}"


class SlotActivities:
    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn(name=FIND_FREE_SLOTS)
    async def find_free_slots(self, question: SlotsQuestion) -> int:
        """The share of one open job; none while renders wait for a slot.

        Which slots are taken this moment cannot be asked. But who takes them is an open job, so
        the share is small as long as there are others. Workers count for up to five minutes after
        their last poll.
        """
        queue = await self._client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=self._client.namespace,
                task_queue=TaskQueue(name=render_task_queue(question.engine)),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
                report_pollers=True,
                report_stats=True,
            )
        )
        if queue.stats.approximate_backlog_count > 0:
            return 0
        slots = sum(_slots_of(poller.identity) for poller in queue.pollers)
        open_jobs = await self._client.count_workflows(OPEN_JOBS)
        return slots // max(1, open_jobs.count)


def _slots_of(identity: str) -> int:
    """At least one: it polls."""
    found = _SLOTS.search(identity)
    return int(found[1]) if found else 1
