"""The names of workflows and task queues."""

CONTROL_TASK_QUEUE = "reelbatch"
"""The queue of workflows and light activities; renders have one queue per engine."""

SUBMISSION_TASK_QUEUE = "reelbatch-submissions"
"""The queue of schedules' tables to submit. API processes poll it, since they can submit tables."""


def batch_workflow_id(team: str, batch_id: str) -> str:
    return f"{team}/batch/{batch_id}"


def job_workflow_id(team: str, job_id: str) -> str:
    return f"{team}/job/{job_id}"


def webhook_workflow_id(team: str, id_: str) -> str:
    """`id_` is the id of the webhook's job or batch."""
    return f"{team}/webhook/{id_}"


def template_workflow_id(team: str, template_id: str) -> str:
    return f"{team}/template/{template_id}"


def schedule_workflow_id(team: str, schedule_id: str) -> str:
    """The id of Temporal's schedule. Its workflows have this id, with the run's time appended."""
    return f"{team}/schedule/{schedule_id}"


def render_task_queue(engine: str) -> str:
    """The queue of an engine's renders; a machine polls only the queues of engines it can run."""
    return f"render-{engine}"


def inspection_task_queue(engine: str) -> str:
    """The queue of an engine's inspections. It is separate, since people wait for inspections."""
    return f"inspect-{engine}"
