"""Asks the Temporal server about activity task queues and the workers that poll them."""

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

# An idle worker polls once a minute; the server lists workers that polled in the last five.
_LONGEST_SILENCE = timedelta(seconds=90)
_FRESH = 5.0  # seconds


async def describe_queue(
    client: Client, queue: str, *, stats: bool = False
) -> DescribeTaskQueueResponse:
    """Describe an activity queue: its pollers and, with `stats`, its backlog. Raises RPCError."""
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
    """The workers that polled in the last five minutes. Raises RPCError."""
    return list((await describe_queue(client, queue)).pollers)


async def is_engine_served(client: Client, engine: str) -> bool:
    """Whether a worker with this engine runs now, however busy it is. Raises RPCError.

    A worker whose slots all render does not poll for renders, but it still polls for inspections.
    """
    pollers = await pollers_of(client, inspection_task_queue(engine))
    since = datetime.now(UTC) - _LONGEST_SILENCE
    return any(poller.last_access_time.ToDatetime(UTC) > since for poller in pollers)


class ServedEngines:
    """Which engines are served, cached for five seconds."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._seen: dict[str, tuple[float, bool]] = {}

    async def have(self, engine: str) -> bool:
        """Whether a worker serves the engine. Raises RPCError."""
        looked_at, served = self._seen.get(engine, (-_FRESH, False))
        if monotonic() - looked_at > _FRESH:
            served = await is_engine_served(self._client, engine)
            self._seen[engine] = (monotonic(), served)
        return served
