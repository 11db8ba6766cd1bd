"""What the Temporal server tells of a queue of activities, and of the workers that ask for them."""

from datetime import UTC, datetime, timedelta
from time import monotonic

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
)
from temporalio.client import Client

from reelbatch.models.orchestration.names import inspection_task_queue

# A worker that waits for work asks anew each minute; the server lists those that asked within five.
_LONGEST_SILENCE = timedelta(seconds=90)
_FRESH = 5.0  # seconds


async def describe_queue(
    client: Client, queue: str, *, stats: bool = False
) -> DescribeTaskQueueResponse:
    """Of the queue's activities: who polls, and with `stats` how many wait. Raises RPCError."""
    return await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
            report_pollers=True,
            report_stats=stats,
        )
    )


async def pollers_of(client: Client, queue: str) -> list[PollerInfo]:
    """Those of the last five minutes. Raises RPCError."""
    return list((await describe_queue(client, queue)).pollers)


async def is_engine_served(client: Client, engine: str) -> bool:
    """Whether a worker with this engine is there now, however busy. Raises RPCError.

    One that renders with all of its slots asks for no more renders, but for inspections it does.
    """
    pollers = await pollers_of(client, inspection_task_queue(engine))
    since = datetime.now(UTC) - _LONGEST_SILENCE
    return any(poller.last_access_time.ToDatetime(UTC) > since for poller in pollers)


class ServedEngines:
    """Which engines are served, as it was within five seconds."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._seen: dict[str, tuple[float, bool]] = {}

    async def have(self, engine: str) -> bool:
        """Raises RPCError."""
        looked_at, served = self._seen.get(engine, (-_FRESH, False))
        if monotonic() - looked_at > _FRESH:
            served = await is_engine_served(self._client, engine)
            self._seen[engine] = (monotonic(), served)
        return served
