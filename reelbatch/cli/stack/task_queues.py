"""The task queues that a worker must serve."""

from collections.abc import Sequence

from reelbatch.engines.registry import load_engines
from reelbatch.models.orchestration.names import (
    CONTROL_TASK_QUEUE,
    inspection_task_queue,
    render_task_queue,
)


def all_queues(engines: Sequence[str]) -> list[str]:
    """The control queue and the queues of `engines`; if empty, of all engines available here."""
    queues = [CONTROL_TASK_QUEUE]
    for name, engine in load_engines(engines).items():
        queues.append(render_task_queue(name))
        if engine.template_types:
            queues.append(inspection_task_queue(name))
    return queues
