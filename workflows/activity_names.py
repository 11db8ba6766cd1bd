"""The activities that workflows ask for by name: their code has side effects and stays away."""

RENDER = "render"
INSPECT_TEMPLATE = "inspect_template"
DOWNLOAD_TEMPLATE = "download_template"
FAIL_TEMPLATE = "fail_template"
WRITE_MANIFEST = "write_manifest"
KEEP_JOB = "keep_job"
SWEEP = "sweep"
DELIVER_WEBHOOK = "deliver_webhook"

CONTROL_TASK_QUEUE = "reelbatch"
"""Workflows and the light activities; renders have a queue for each engine."""
