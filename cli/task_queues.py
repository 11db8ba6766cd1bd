"""The task queues that a worker must serve."""

from collections.abc import Sequence

from engines.registry import load_engines
from models.ids import render_task_queue
from workflows.activity_names import CONTROL_TASK_QUEUE


def all_queues(engines: Sequence[str]) -> list[str]:
    """The control queue, and those of the engines called so, or of all that workers here serve."""
    return [CONTROL_TASK_QUEUE, *map(render_task_queue, engines or load_engines())]
