"""The task queues that a worker must serve."""

from collections.abc import Sequence
from importlib.metadata import entry_points

from engines.registry import ENTRY_POINT_GROUP
from models.ids import render_task_queue
from workflows.activity_names import CONTROL_TASK_QUEUE


def all_queues(engines: Sequence[str]) -> list[str]:
    """The control queue, and those of the engines called so, or of all that are installed."""
    names = engines or sorted(entry_points(group=ENTRY_POINT_GROUP).names)
    return [CONTROL_TASK_QUEUE, *map(render_task_queue, names)]
