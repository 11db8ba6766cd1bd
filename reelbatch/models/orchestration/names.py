"""The names of workflows and task queues."""

CONTROL_TASK_QUEUE = "reelbatch"
"""Workflows and the light activities; renders have a queue for each engine."""


SUBMISSION_TASK_QUEUE = "reelbatch-submissions"
"""Tables that become batches by themselves. API processes take them: they know how."""


def batch_workflow_id(team: str, batch_id: str) -> str:
    return f"{team}/batch/{batch_id}"


def job_workflow_id(team: str, job_id: str) -> str:
    return f"{team}/job/{job_id}"


def webhook_workflow_id(team: str, id_: str) -> str:
    """`id_` is the job's or the batch's that the webhook tells of."""
    return f"{team}/webhook/{id_}"


def template_workflow_id(team: str, template_id: str) -> str:
    return f"{team}/template/{template_id}"


def schedule_workflow_id(team: str, schedule_id: str) -> str:
    """Of Temporal's schedule; it adds the time to that of each run's workflow."""
    return f"{team}/schedule/{schedule_id}"


def render_task_queue(engine: str) -> str:
    """Name the queue of an engine's activities: a machine polls only for what it can render."""
    return f"render-{engine}"


def inspection_task_queue(engine: str) -> str:
    """Name the queue of an engine's inspections: somebody waits for them, and renders take long."""
    return f"inspect-{engine}"
