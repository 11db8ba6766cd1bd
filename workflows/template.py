"""Preparing a template: its download, if it comes from a URL, and its inspection by its engine.

If anything fails, the reason is in the template's record at the end.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE, inspection_task_queue
    from reelbatch.models.orchestration.templates import (
        DownloadedTemplate,
        TemplateDownloadJob,
        TemplateFailure,
        TemplateInspectionJob,
    )
    from reelbatch.models.wire.templates import TemplateStatus
    from workflows.activity_names import DOWNLOAD_TEMPLATE, FAIL_TEMPLATE, INSPECT_TEMPLATE
    from workflows.job import failure_of

# The activity limits the download itself to ten minutes; the rest is for the object store.
_DOWNLOAD_TIMEOUT = timedelta(minutes=15)


@workflow.defn(name="InspectTemplate")
class InspectTemplateWorkflow:
    """Inspects a template. Returns its new status, `uploaded` or `error`."""

    @workflow.run
    async def run(self, template: TemplateInspectionJob) -> TemplateStatus:
        return await _inspect(template)


@workflow.defn(name="DownloadTemplate")
class DownloadTemplateWorkflow:
    """Downloads a template from a URL and inspects it. Returns its new status.

    That is also `error` if the template was deleted, or got a new upload link, before its file
    arrived.
    """

    @workflow.run
    async def run(self, template: TemplateDownloadJob) -> TemplateStatus:
        try:
            downloaded = await self._download(template)
        except ActivityError as error:
            await _fail(
                TemplateFailure(
                    team=template.team,
                    template_id=template.template_id,
                    reason=_reason(error),
                    download=template.download,
                )
            )
            return TemplateStatus.ERROR
        if downloaded.source is None:
            return TemplateStatus.ERROR
        return await _inspect(
            TemplateInspectionJob(
                team=template.team,
                template_id=template.template_id,
                engine=downloaded.engine or template.engine,
                source=downloaded.source,
            )
        )

    async def _download(self, template: TemplateDownloadJob) -> DownloadedTemplate:
        return await workflow.execute_activity(
            DOWNLOAD_TEMPLATE,
            template,
            result_type=DownloadedTemplate,
            task_queue=CONTROL_TASK_QUEUE,
            start_to_close_timeout=_DOWNLOAD_TIMEOUT,
            heartbeat_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(seconds=2),
                backoff_coefficient=3.0,
                maximum_attempts=5,
            ),
            summary=template.template_id,
            priority=Priority(fairness_key=template.team),
        )


async def _inspect(template: TemplateInspectionJob) -> TemplateStatus:
    try:
        return await workflow.execute_activity(
            INSPECT_TEMPLATE,
            template,
            result_type=TemplateStatus,
            task_queue=inspection_task_queue(template.engine),
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30), maximum_attempts=10),
            summary=template.template_id,
            priority=Priority(fairness_key=template.team),
        )
    except ActivityError as error:
        if not workflow.patched("given-up-inspections-are-errors"):
            raise
        await _fail(
            TemplateFailure(
                team=template.team,
                template_id=template.template_id,
                reason=_reason(error),
                source=template.source,
            )
        )
        return TemplateStatus.ERROR


async def _fail(failure: TemplateFailure) -> None:
    """Write the reason into the record, retrying for as long as the object store is unavailable."""
    await workflow.execute_activity(
        FAIL_TEMPLATE,
        failure,
        task_queue=CONTROL_TASK_QUEUE,
        start_to_close_timeout=timedelta(minutes=1),
        retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
        summary=failure.template_id,
        priority=Priority(fairness_key=failure.team),
    )


def _reason(error: ActivityError) -> str:
    """The reason for the failure, for the template's owner."""
    if is_cancelled_exception(error):
        return "An operator stopped the work on this template; upload its file again."
    cause: BaseException | None = error
    while isinstance(cause, FailureError):
        if isinstance(cause, ActivityTimeoutError):
            return (
                "The worker that read this template repeatedly stopped responding; "
                "check the file, and upload it again."
            )
        cause = cause.cause
    return failure_of(error).error
