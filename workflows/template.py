"""The inspection of an uploaded template, on a machine that has its engine."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy

with workflow.unsafe.imports_passed_through():
    from models.ids import render_task_queue
    from models.templates import TemplateInspectionJob, TemplateStatus
    from workflows.activity_names import INSPECT_TEMPLATE


@workflow.defn(name="InspectTemplate")
class InspectTemplateWorkflow:
    """Ends with the template's status, `uploaded` or `error`, which its record has by then."""

    @workflow.run
    async def run(self, template: TemplateInspectionJob) -> TemplateStatus:
        return await workflow.execute_activity(
            INSPECT_TEMPLATE,
            template,
            result_type=TemplateStatus,
            task_queue=render_task_queue(template.engine),
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30), maximum_attempts=10),
            summary=template.template_id,
            # Somebody waits for it: it goes before the renders of a batch on the same queue.
            priority=Priority(priority_key=1, fairness_key=template.team),
        )
