"""The workflows of templates, on the time-skipping server."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio import activity
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutType
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

from reelbatch.models.ids import new_id
from reelbatch.models.orchestration.jobs import RenderJob, RenderResult
from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE
from reelbatch.models.orchestration.templates import (
    DownloadedTemplate,
    TemplateDownloadJob,
    TemplateInspectionJob,
)
from reelbatch.models.wire.templates import TemplateStatus
from tests.workflows.workbench import Workbench, finished
from workflows.template import (
    DownloadTemplateWorkflow,
    InspectTemplateWorkflow,
    _reason,  # pyright: ignore[reportPrivateUsage]  clients read its text
)

TEMPLATE = "01JTEMPLATE000000000000000"


async def finish(job: RenderJob) -> RenderResult:
    return finished(job)


async def inspected(workbench: Workbench) -> TemplateStatus:
    job = TemplateInspectionJob(team="team", template_id=TEMPLATE, engine="test", source="s")
    return await ended(workbench, InspectTemplateWorkflow.run, job)


async def downloaded(workbench: Workbench) -> TemplateStatus:
    job = TemplateDownloadJob(team="team", template_id=TEMPLATE, engine="test", download="d")
    return await ended(workbench, DownloadTemplateWorkflow.run, job)


async def ended(workbench: Workbench, workflow: Any, job: object) -> TemplateStatus:
    async with workbench.worker(finish):
        return await workbench.client.execute_workflow(
            workflow, job, id=new_id(), task_queue=CONTROL_TASK_QUEUE
        )


def failing(attempts: list[int], *, final: bool) -> Callable[[Any], Awaitable[Any]]:
    async def fail(_template: object) -> object:
        attempts.append(activity.info().attempt)
        raise ApplicationError("no such file", type="X", non_retryable=final)

    return fail


async def test_an_abandoned_inspection_is_an_error_with_its_reason(
    skipping_workbench: Workbench,
) -> None:
    attempts: list[int] = []
    skipping_workbench.inspect = failing(attempts, final=False)
    assert await inspected(skipping_workbench) is TemplateStatus.ERROR
    assert attempts == list(range(1, 11))
    [failure] = skipping_workbench.failures
    assert (failure.template_id, failure.source) == (TEMPLATE, "s")
    assert failure.reason == "no such file"


async def test_an_error_is_recorded_however_long_the_store_is_unavailable(
    skipping_workbench: Workbench,
) -> None:
    attempts: list[int] = []

    async def write_failure() -> None:
        attempts.append(activity.info().attempt)
        if len(attempts) < 20:
            raise OSError("the store is down")

    skipping_workbench.inspect = failing([], final=True)
    skipping_workbench.write_failure = write_failure
    assert await inspected(skipping_workbench) is TemplateStatus.ERROR
    assert len(attempts) == 20
    assert len(skipping_workbench.failures) == 1


def test_the_reason_for_a_worker_that_keeps_dying_mentions_the_template() -> None:
    """Tested without a server, on which ten heartbeat timeouts would take minutes."""
    error = ActivityError(
        "Activity task failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="inspect_template",
        activity_id="1",
        retry_state=None,
    )
    error.__cause__ = ActivityTimeoutError(
        "activity Heartbeat timeout", type=TimeoutType.HEARTBEAT, last_heartbeat_details=[]
    )
    assert "The worker that read this template repeatedly stopped" in _reason(error)


@pytest.mark.parametrize(("final", "tries"), [(True, 1), (False, 5)])
async def test_a_download_is_retried_if_that_may_help(
    skipping_workbench: Workbench, final: bool, tries: int
) -> None:
    attempts: list[int] = []
    skipping_workbench.download = failing(attempts, final=final)
    assert await downloaded(skipping_workbench) is TemplateStatus.ERROR
    assert len(attempts) == tries
    [failure] = skipping_workbench.failures
    assert (failure.download, failure.reason) == ("d", "no such file")


async def test_a_downloaded_template_is_inspected(skipping_workbench: Workbench) -> None:
    seen: list[str] = []

    async def look(template: TemplateInspectionJob) -> TemplateStatus:
        seen.append(template.source)
        return TemplateStatus.UPLOADED

    skipping_workbench.inspect = look
    assert await downloaded(skipping_workbench) is TemplateStatus.UPLOADED
    assert seen == ["source-d"]


async def test_a_file_that_is_no_longer_needed_is_not_inspected(
    skipping_workbench: Workbench,
) -> None:
    async def gone(_template: TemplateDownloadJob) -> DownloadedTemplate:
        return DownloadedTemplate(source=None)

    attempts: list[int] = []
    skipping_workbench.download = gone
    skipping_workbench.inspect = failing(attempts, final=True)
    await downloaded(skipping_workbench)
    assert attempts == []
    assert skipping_workbench.failures == []
